#!/usr/bin/env bash
# The pages in headless Chromium: they load without a complaint or a request to elsewhere, pictures are
# drawn, a click opens a number's provenance, and links work from page to page.
. "$(dirname "$0")/lib.sh"
chromium=$(command -v chromium || command -v chromium-browser) || skip "chromium is not installed"

up run tiny.yaml
up report --html page.html
browser() { timeout 120 "$python" "$source_dir/tests/cli/browser.py" "$chromium" "$work/profile" "$@"; }
browser "file://$work/page.html" 'js:1' >out 2>&1 || {
    grep -q 'the browser is gone' out && skip "chromium does not start here"
    cat out >&2
    fail "the browser"
}
drawn='js:[...document.images].every(i => i.closest("details:not([open])") || (i.complete && i.naturalWidth > 100))'
panel='document.querySelector("dialog")'
browser "file://$work/page.html" "$drawn" 'js:document.images.length > 5' \
    'js:document.querySelectorAll("svg.graph a").length == 10' \
    'js:document.querySelector("a.num").click(), '"$panel.open" \
    "js:$panel.innerText.includes('search › unified › 0')" \
    "js:$panel.querySelectorAll('[data-copy]').length > 5" \
    "js:$panel.querySelector('a[href=\"#node-lambda\"]').click(), $panel.querySelector('[data-copy=lambda]').open" \
    "js:$panel.innerText.includes('OpenBLAS')" "js:$panel.close(), true" "wait:!$panel" \
    'js:document.querySelector("svg.graph a[href=\"#node-scores\"]").dispatchEvent(new MouseEvent("click", {bubbles: true})), true' \
    "goto:file://$work/page.html#node-scores" 'wait:document.querySelector("#node-scores").open' \
    dark 'js:getComputedStyle(document.body).backgroundColor != "rgb(251, 251, 249)"' \
    narrow 'js:document.documentElement.scrollWidth <= 400' shot:page.png ||
    fail "the page in one file"
[ "$(wc -c <page.png)" -gt 50000 ] || fail "the picture of the page is empty"

"$upnas" serve --port 0 >serve.out 2>serve.err &
pid=$!
cleanup() { kill "$pid" 2>/dev/null; }
for _ in $(seq 100); do [ -s serve.out ] && break; sleep 0.05; done
url=$(grep -oE '^http://127\.0\.0\.1:[0-9]+/' serve.out)
browser "$url" 'js:document.querySelector("tbody a").click(), true' 'wait:document.querySelector("svg.graph")' "$drawn" \
    'js:(document.querySelector("#at").value = "search/unified/0", document.querySelector("form.ask button").click(), true)' \
    'wait:location.search == "?at=search%2Funified%2F0"' 'wait:document.querySelector("#node-search[open]")' \
    'js:document.body.innerText.includes("search / unified/0")' "goto:${url}run/last" \
    'js:document.querySelector("a.num").click(), '"$panel.open" ||
    fail "the served pages"
