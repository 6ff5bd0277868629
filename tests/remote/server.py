"""A web server for the tests of remotes: a folder by GET, HEAD and PUT, honest or not.

usage: server.py ROOT PORT_FILE [--s3 ACCESS:SECRET:REGION:BUCKET] [--auth HEADER] [--log FILE]

What it does wrong is read from ROOT/mode at every request, so that one server serves all
tests: a word from MODES, or nothing. With --s3 every request must carry a signature that is
right in every part (AWS Signature Version 4, computed anew here); with --auth this header.
"""
import hashlib
import hmac
import http.server
import os
import random
import re
import sys
import time
import urllib.parse

MODES = """honest swap-cas swap-ac cut short long endless huge-length huge-ac slow silent error flaky
drip drip-chunks drip-headers drip-interim drip-404 redirect garbage garbage-ac garbage-cas forged dangling empty headers hang-up gzip forbidden""".split()
NAME = re.compile(r"^/(?:[a-z0-9.-]+/)?(ac|cas|ca)/[0-9a-f]{64}$")


DRIPS = {  # piece after piece, start
    "drip": (b"\0" * 1250, b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"),
    "drip-chunks": (b"4e2\r\n" + b"\0" * 1250 + b"\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "drip-headers": (b"X-A: " + b"y" * 1240 + b"\r\n", b"HTTP/1.1 200 OK\r\n"),
    "drip-interim": (b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "drip-404": (b"x" * 1250, b"HTTP/1.1 404 Not Found\r\nContent-Length: 60000\r\n\r\n"),
}


def sha(data):
    return hashlib.sha256(data).hexdigest()


def s3_fault(handler, body, access, secret, region):
    """What is wrong with the request's signature, or None."""
    head = {k.lower(): v.strip() for k, v in handler.headers.items()}
    m = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
        r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})",
        head.get("authorization", ""),
    )
    if not m:
        return "no signature of version 4"
    who, day, where, signed, signature = m.groups()
    names = signed.split(";")
    stamp = head.get("x-amz-date", "")
    if who != access or where != region or not stamp.startswith(day):
        return "another key, region or day"
    if names != sorted(names) or not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names):
        return "too little is signed"
    extra = [n for n in head if n.startswith("x-amz-") and n not in names]
    if extra:
        return f"{extra} is not signed"
    when = time.strptime(stamp, "%Y%m%dT%H%M%SZ")
    if abs(time.mktime(when) - time.timezone - time.time()) > 900:
        return "too old"
    if head["x-amz-content-sha256"] != sha(body):
        return "the digest is not of this body"
    path, _, query = handler.path.partition("?")
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    quote = lambda s: urllib.parse.quote(s, safe="-_.~")
    canonical = "\n".join(
        [handler.command, urllib.parse.quote(path, safe="/-_.~")]
        + ["&".join(f"{quote(k)}={quote(v)}" for k, v in pairs)]
        + [f"{n}:{' '.join(head[n].split())}" for n in names]
        + ["", signed, head["x-amz-content-sha256"]]
    )
    scope = f"{day}/{region}/s3/aws4_request"
    key = ("AWS4" + secret).encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha(canonical.encode())}"
    want = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(want, signature) else "the signature is wrong"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    root, s3, auth, log, count = "", None, None, None, 0

    def log_message(self, *args):
        if Handler.log:
            with open(Handler.log, "a") as f:
                f.write(f"{self.command} {self.path} {args}\n")

    def say(self, status, body=b"", **headers):
        self.send_response(status)
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def file(self):
        if not NAME.match(self.path):
            return None
        return os.path.join(Handler.root, *self.path.split("/")[-2:])

    def mode(self):
        try:
            with open(os.path.join(Handler.root, "mode")) as f:
                mode = f.read().strip() or "honest"
        except FileNotFoundError:
            mode = "honest"
        return random.choice([m for m in MODES if m not in ("slow", "silent") and not m.startswith("drip")]) if mode == "random" else mode

    def refused(self, body):
        if Handler.s3:
            access, secret, region, bucket = Handler.s3
            fault = s3_fault(self, body, access, secret, region)
            if not fault and not self.path.startswith(f"/{bucket}/"):
                fault = "another bucket"
            if fault:
                self.log_message("%s", fault)
                self.say(403, f"<Error>{fault}</Error>".encode())
                return True
        if Handler.auth and self.headers.get("Authorization") != Handler.auth:
            self.say(401, WWW_Authenticate='Basic realm="x"')
            return True
        return False

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.refused(body):
            return
        path, mode = self.file(), self.mode()
        Handler.count += 1
        if mode == "error" or (mode == "flaky" and Handler.count % 2):
            return self.say(503)
        if mode == "forbidden":
            return self.say(403)
        if not path:
            return self.say(400)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "wb") as f:
            f.write(body)
        os.rename(path + ".new", path)
        self.say(201)

    def another(self, path):
        """An object of the same area that is not this one."""
        folder = os.path.dirname(path)
        others = [n for n in sorted(os.listdir(folder)) if n != os.path.basename(path)]
        with open(os.path.join(folder, random.choice(others)), "rb") as f:
            return f.read()

    def do_GET(self):
        if self.refused(b""):
            return
        path, mode = self.file(), self.mode()
        Handler.count += 1
        if not path:
            return self.say(400)
        area = "ac" if "/ac/" in self.path else "cas"
        if not self.before(mode):
            return
        if not os.path.exists(path) or (mode == "dangling" and area == "cas"):
            return self.say(404, b"nothing here")
        with open(path, "rb") as f:
            body = f.read()
        self.lie(mode, area, path, body)

    do_HEAD = do_GET

    def before(self, mode):
        """False when the mode leaves no room for an answer."""
        if mode == "error" or (mode == "flaky" and Handler.count % 2):
            self.say(500, b"no")
        elif mode == "forbidden":
            self.say(403, b"no")
        elif mode == "redirect":
            self.say(302, b"", Location=f"http://{self.headers['Host']}{self.path}")
        elif mode == "silent":
            time.sleep(30)
            self.close_connection = True
        elif mode == "hang-up":
            self.close_connection = True
        elif mode == "garbage":
            self.wfile.write(os.urandom(4096))
            self.close_connection = True
        elif mode == "headers":
            self.flood(b"X-Nothing: " + b"x" * 1000 + b"\r\n", start=b"HTTP/1.1 200 OK\r\n")
        else:
            return True
        return False

    def flood(self, piece, start=b"", pause=0, seconds=20):
        end = time.time() + seconds
        self.close_connection = True
        try:
            self.wfile.write(start)
            while time.time() < end:
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            pass

    def lie(self, mode, area, path, body):
        n = len(body)
        start = f"HTTP/1.1 200 OK\r\nContent-Length: {n}\r\n\r\n".encode()
        if mode == f"swap-{area}":
            body = self.another(path)
        elif mode == f"garbage-{area}":
            body = os.urandom(n)
        elif mode == "forged" and area == "ac":
            at = random.randrange(n)
            body = body[:at] + bytes([body[at] ^ 1 << random.randrange(8)]) + body[at + 1 :]
        elif mode == "forged":
            body = body[:-1] + bytes([body[-1] ^ 1]) if n else b"x"
        elif mode == "short":
            body = body[: n // 2]
        elif mode == "long":
            body += b"more"
        elif mode == "empty":
            body = b""
        elif mode == "cut":
            self.wfile.write(start + body[: n // 2])
            self.close_connection = True
            return None
        elif mode == "huge-length":
            self.close_connection = True
            return self.say(200, body, Content_Length=str(1 << 42))
        elif mode == "huge-ac" and area == "ac":
            return self.flood(b"\0" * 65536, b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        elif mode == "endless":
            chunk = b"10000\r\n" + b"\0" * 65536 + b"\r\n"
            return self.flood(chunk, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        elif mode in DRIPS: # fast enough for a low-speed limit, and never done
            return self.flood(*DRIPS[mode], 0.2)
        elif mode == "slow":
            return self.flood(b"\0", start, 0.2)
        elif mode == "gzip":
            return self.say(200, body[::-1], Content_Encoding="gzip")
        return self.say(200, body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    args = sys.argv[1:]
    Handler.root = os.path.abspath(args[0])
    options = dict(zip(args[2::2], args[3::2]))
    if "--s3" in options:
        Handler.s3 = options["--s3"].split(":")
    Handler.auth, Handler.log = options.get("--auth"), options.get("--log")
    server = Server(("127.0.0.1", 0), Handler)
    with open(args[1] + ".new", "w") as f:
        f.write(str(server.server_address[1]))
    os.rename(args[1] + ".new", args[1])
    server.serve_forever()


if __name__ == "__main__":
    main()
