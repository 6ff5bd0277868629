#!/usr/bin/env bash
# Every command block of docs/ runs, and what a page shows is what is printed. The pages that begin with
# the README's first command are in test_readme.sh, where it runs once for all of them.
. "$(dirname "$0")/lib.sh"
. "$source_dir/tests/cli/remote.sh"

# The table of settings is the one that the program prints.
sed -n '/^## Keys at the top$/,$p' "$source_dir/docs/configuration.md" >shown
up explain --keys --markdown
diff -u shown out >difference ||
    { cat difference >&2; fail "docs/configuration.md: put there what 'upnas explain --keys --markdown' prints"; }

# Links between pages lead to a page, and to a heading of it.
"$python" - "$source_dir" <<'P' || fail "links"
import glob, os, re, sys
root = sys.argv[1]
bad = 0
anchors = lambda text: {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", text, re.M)}
pages = glob.glob(root + "/*.md") + glob.glob(root + "/docs/*.md")
for page in pages:
    for link in re.findall(r"\]\(([^)\s]+)\)", open(page).read()):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(page), name)) if name else page
        if not os.path.exists(target) or anchor and anchor not in anchors(open(target).read()):
            bad += print(f"{page}: the link {link} leads nowhere", file=sys.stderr) is None
readme = open(root + "/README.md").read()
for page in glob.glob(root + "/docs/*.md"):
    if os.path.basename(page) not in ("promises.md", "limits.md") and "docs/" + os.path.basename(page) not in readme:
        bad += print(f"the README does not name {page}", file=sys.stderr) is None
sys.exit(bad > 0)
P

pages=()
for page in "$source_dir"/docs/*.md; do
    case "$(basename "$page")" in
        tutorial.md | programs.md) ;; # in test_readme.sh
        teams-and-remotes.md)
            if PATH=$PATH:/usr/sbin command -v nginx >/dev/null; then pages+=("$page"); else
                echo "teams-and-remotes.md is not run: nginx is not installed"
            fi
            ;;
        *) pages+=("$page") ;;
    esac
done
mkdir bucket
start_server s3 "$work/bucket" --s3 AKIDEXAMPLE:very/secret+key:eu-central-1:bucket
"$python" "$source_dir/tests/cli/pages.py" "$upnas" "$source_dir" --port 9000="$port" "${pages[@]}"
