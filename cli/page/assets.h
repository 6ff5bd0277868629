/* page.css and page.js as they are in this folder, put into the program when it is built.
 * They hold no "<" and no "&", so that they may stand in a page as they are. */
#ifndef UP_CLI_PAGE_ASSETS_H
#define UP_CLI_PAGE_ASSETS_H
#include "store/base/buf.h"

struct up_view up_page_css(void);
struct up_view up_page_js(void);

/* Appends the content security policy that allows exactly these two, pictures in the page
 * and nothing else. served: also forms and links to the server itself. */
void up_page_policy(struct up_buf *out, bool served);

#endif
