/* links: up_store
 * The list of remotes and keys, as people may have written them. */
#include "store/remote/key.h"
#include "store/remote/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct up_view text = {data, size};
    struct up_remote_list l = {.n = 0}, again = {.n = 0};
    struct up_keyring ring = {0};
    struct up_secret_key secret;
    struct up_buf out = UP_BUF_INIT, twice = UP_BUF_INIT;
    if (up_remote_list_parse(&l, text, "remotes", NULL) == UP_OK) {
        up_remote_list_text(&out, &l);
        UP_CHECK(up_remote_list_parse(&again, up_buf_view(&out), "again", NULL) == UP_OK);
        up_remote_list_text(&twice, &again);
        UP_CHECK(up_view_equal(up_buf_view(&out), up_buf_view(&twice)));
    }
    (void)up_keyring_parse(&ring, text, "trusted", NULL);
    (void)up_secret_key_parse(&secret, text, NULL);
    up_keyring_release(&ring);
    up_remote_list_release(&l);
    up_remote_list_release(&again);
    up_buf_release(&out);
    up_buf_release(&twice);
    return 0;
}
