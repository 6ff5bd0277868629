#include "cli/page/assets.h"
#include "cli/page/html.h"
#include "store/base/hash.h"

/* C11 has no #embed. */
#define ASSET(name, file)                                                                      \
    __asm__(".pushsection .rodata\n"                                                           \
            "up_asset_" #name ":\n"                                                            \
            ".incbin \"" UP_PAGE_DIR "/" file "\"\n"                                           \
            "up_asset_" #name "_end:\n"                                                        \
            ".popsection\n");                                                                  \
    extern const uint8_t up_asset_##name[] __attribute__((visibility("hidden")));              \
    extern const uint8_t up_asset_##name##_end[] __attribute__((visibility("hidden")))

ASSET(css, "page.css");
ASSET(js, "page.js");

struct up_view up_page_css(void)
{
    return (struct up_view){up_asset_css, (size_t)(up_asset_css_end - up_asset_css)};
}

struct up_view up_page_js(void)
{
    return (struct up_view){up_asset_js, (size_t)(up_asset_js_end - up_asset_js)};
}

static void hash(struct up_buf *out, const char *directive, struct up_view asset)
{
    struct up_sha256 d = up_sha256_of(asset.data, asset.len);
    up_buf_printf(out, "; %s 'sha256-", directive);
    up_base64(out, d.b, sizeof d.b);
    up_buf_puts(out, "'");
}

void up_page_policy(struct up_buf *out, bool served)
{
    up_buf_puts(out, "default-src 'none'; img-src data:");
    hash(out, "style-src", up_page_css());
    hash(out, "script-src", up_page_js());
    up_buf_puts(out, "; base-uri 'none'; form-action ");
    up_buf_puts(out, served ? "'self'; frame-ancestors 'none'" : "'none'");
}
