/* Keys, signatures, vouchers and the list of remotes: what comes back, what is refused.
 * links: up_store up_base */
#include "tests/unit/store_folder.h"

#include "store/remote/voucher.h"
#include "store/remote/list.h"

/* ---- keys ---- */

static struct up_secret_key key(const char *name)
{
    struct up_secret_key k;
    assert_int_equal(up_key_generate(&k, name, NULL), UP_OK);
    return k;
}

static void keys_are_text_and_back(void **state)
{
    struct up_secret_key k = key("alice-1"), k2;
    struct up_public_key p = up_key_public(&k), p2;
    char text[UP_KEY_TEXT];
    assert_int_equal(up_public_key_parse(&p2, V(up_public_key_text(&p, text)), NULL), UP_OK);
    assert_memory_equal(&p, &p2, sizeof p);
    assert_int_equal(strlen(text), strlen("alice-1:") + 44);
    assert_int_equal(up_secret_key_parse(&k2, V(up_secret_key_text(&k, text)), NULL), UP_OK);
    assert_memory_equal(&k, &k2, sizeof k);
    assert_int_equal(strlen(text), strlen("alice-1:") + 88);
    text[20] = text[20] == 'A' ? 'B' : 'A'; /* seed and public key do not belong together */
    struct up_err err = {""};
    assert_int_equal(up_secret_key_parse(&k2, V(text), &err), UP_EINVAL);
    assert_null(strstr(err.msg, text + 20));
}

/* RFC 8032, 7.1, test 2: what this program signs, others verify. */
static void signatures_are_ed25519(void **state)
{
    struct up_secret_key k;
    static const uint8_t seed[32] = {0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda,
                                     0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
                                     0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24,
                                     0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb};
    static const uint8_t public[32] = {0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a,
                                       0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
                                       0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c,
                                       0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c};
    static const uint8_t begins[8] = {0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8};
    static const uint8_t message[1] = {0x72};
    const struct up_view m = {message, 1};
    k = (struct up_secret_key){.name = "rfc"};
    memcpy(k.b, seed, 32);
    memcpy(k.b + 32, public, 32);
    struct up_signature s = up_key_sign(&k, m);
    assert_memory_equal(s.b, begins, sizeof begins);
    struct up_public_key p = up_key_public(&k);
    assert_true(up_key_verify(&p, &s, m));
    assert_false(up_key_verify(&p, &s, V("s")));
    s.b[40] ^= 1;
    assert_false(up_key_verify(&p, &s, m));
}

static void names_of_keys_are_plain(void **state)
{
    static const char *const bad[] = {"", "-a", ".a", "a b", "a:b", "a/b", "\xc3\xa4"};
    struct up_secret_key k;
    struct up_err err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(up_key_generate(&k, bad[i], &err), UP_EINVAL);
    char long_name[80] = {0};
    memset(long_name, 'a', 64);
    assert_int_equal(up_key_generate(&k, long_name, &err), UP_OK);
    long_name[64] = 'a';
    assert_int_equal(up_key_generate(&k, long_name, &err), UP_EINVAL);
}

static void a_keyring_has_one_key_a_name(void **state)
{
    struct up_secret_key a = key("alice-1"), b = key("bob-1"), c = key("alice-1");
    struct up_public_key pa = up_key_public(&a), pb = up_key_public(&b), pc = up_key_public(&c);
    char ta[UP_KEY_TEXT], tb[UP_KEY_TEXT], tc[UP_KEY_TEXT], text[3 * UP_KEY_TEXT];
    struct up_keyring r = {0};
    struct up_err err = {""};
    (void)snprintf(text, sizeof text, "# known\n\n %s \n%s\n%s", up_public_key_text(&pa, ta),
                   up_public_key_text(&pb, tb), up_public_key_text(&pa, tc));
    assert_int_equal(up_keyring_parse(&r, V(text), "trusted", &err), UP_OK);
    assert_int_equal(r.n, 2);
    assert_memory_equal(up_keyring_find(&r, "bob-1")->b, pb.b, sizeof pb.b);
    assert_null(up_keyring_find(&r, "bob"));
    (void)snprintf(text, sizeof text, "%s\n%s\n", ta, up_public_key_text(&pc, tc));
    assert_int_equal(up_keyring_parse(&r, V(text), "trusted", &err), UP_EINVAL);
    assert_non_null(strstr(err.msg, "trusted:2: another key named alice-1"));
    up_keyring_release(&r);
}

/* ---- vouchers ---- */

static const struct up_output outputs[2] = {{{{1, 2}}, {{3, 4}}, 70000}, {{{5}}, {{6}}, 0}};

static struct up_voucher voucher(void)
{
    return (struct up_voucher){
        .key = V("a key document"), .value = V("a record"), .outputs = outputs, .n = 2};
}

static void vouchers_come_back(void **state)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_buf file = UP_BUF_INIT, again = UP_BUF_INIT;
    struct up_voucher c = voucher(), got;
    struct up_secret_key k[] = {key("bob-1"), key("alice-1"), key("carol-1"), key("bob-1")};
    struct up_err err = {""};
    for (size_t i = 0; i < 4; i++)
        up_voucher_sign(&c, &a, &k[i]);
    assert_int_equal(c.nsignatures, 3); /* by name, the second of bob's */
    assert_string_equal(c.signatures[0].name, "alice-1");
    assert_string_equal(c.signatures[1].name, "bob-1");
    up_voucher_pack(&file, &c);
    if (up_voucher_unpack(&got, &a, up_buf_view(&file), &err) != UP_OK)
        fail_msg("%s", err.msg);
    assert_true(up_view_equal(got.key, c.key) && up_view_equal(got.value, c.value));
    assert_true(up_outputs_equal(&got, &c));
    assert_int_equal(got.nsignatures, 3);
    up_voucher_pack(&again, &got);
    assert_true(up_view_equal(up_buf_view(&file), up_buf_view(&again)));
    up_buf_clear(&again);
    up_voucher_statement(&again, &got);
    struct up_public_key p = up_key_public(&k[3]);
    assert_true(up_key_verify(&p, &got.signatures[1], up_buf_view(&again)));
    up_buf_release(&file);
    up_buf_release(&again);
    up_arena_release(&a);
}

/* Field 2 of the file is what a Bazel cache reads: path, SHA-256 in hex, size. */
static void the_file_is_an_action_result(void **state)
{
    struct up_buf file = UP_BUF_INIT;
    struct up_voucher c = voucher();
    char hex[UP_SHA256_HEX];
    up_voucher_pack(&file, &c);
    static const uint8_t begins[] = {2 << 3 | 2, 3 + 2 + 66 + 4, 1 << 3 | 2, 1, '0',
                                     2 << 3 | 2, 66 + 4,         1 << 3 | 2, 64};
    assert_memory_equal(file.data, begins, sizeof begins);
    assert_memory_equal(file.data + sizeof begins, up_sha256_hex(outputs[0].sha, hex), 64);
    static const uint8_t size[] = {2 << 3 | 0, 0xf0, 0xa2, 0x04}; /* 70000 */
    assert_memory_equal(file.data + sizeof begins + 64, size, sizeof size);
    up_buf_release(&file);
}

/* A signature covers all that a reader acts on: any one change of it shows. */
static void a_signature_is_of_everything(void **state)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_secret_key k = key("alice-1");
    struct up_public_key p = up_key_public(&k);
    struct up_voucher c = voucher();
    up_voucher_sign(&c, &a, &k);
    struct up_output other[2];
    struct up_voucher bad[7];
    for (size_t i = 0; i < 7; i++)
        bad[i] = c;
    bad[0].key = V("a key documenu");
    bad[1].value = V("a recore");
    bad[2].n = 1;
    for (size_t i = 3; i < 7; i++) {
        struct up_buf statement = UP_BUF_INIT;
        memcpy(other, outputs, sizeof other);
        other[0].digest.b[15] ^= i == 3;
        other[0].sha.b[31] ^= i == 4;
        other[1].size += i == 5;
        bad[i].outputs = other;
        up_voucher_statement(&statement, &bad[i]);
        assert_int_equal(up_key_verify(&p, &c.signatures[0], up_buf_view(&statement)), i == 6);
        up_buf_release(&statement);
    }
    for (size_t i = 0; i < 3; i++) {
        struct up_buf statement = UP_BUF_INIT;
        up_voucher_statement(&statement, &bad[i]);
        assert_false(up_key_verify(&p, &c.signatures[0], up_buf_view(&statement)));
        up_buf_release(&statement);
    }
    up_arena_release(&a);
}

static void what_is_no_voucher_is_refused(void **state)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_buf file = UP_BUF_INIT;
    struct up_voucher c = voucher(), got;
    struct up_secret_key k = key("alice-1");
    struct up_err err;
    up_voucher_sign(&c, &a, &k);
    up_voucher_pack(&file, &c);
    for (size_t n = 0; n < file.len; n++) /* cut anywhere */
        assert_int_equal(up_voucher_unpack(&got, &a, (struct up_view){file.data, n}, &err),
                         UP_EINVAL);
    struct up_rng r = up_rng_init(5, "flips");
    for (int i = 0; i < 3000; i++) { /* a changed bit is found here or by the signature */
        size_t at = up_rng_below(&r, file.len);
        uint8_t bit = (uint8_t)(1u << up_rng_below(&r, 8));
        file.data[at] ^= bit;
        if (up_voucher_unpack(&got, &a, up_buf_view(&file), &err) == UP_OK) {
            struct up_buf statement = UP_BUF_INIT;
            struct up_public_key p = up_key_public(&k);
            up_voucher_statement(&statement, &got);
            if (got.nsignatures && !strcmp(got.signatures[0].name, "alice-1") &&
                up_key_verify(&p, &got.signatures[0], up_buf_view(&statement)))
                assert_true(up_view_equal(got.key, c.key) &&
                            up_view_equal(got.value, c.value) && up_outputs_equal(&got, &c));
            up_buf_release(&statement);
        }
        file.data[at] ^= bit;
    }
    up_buf_release(&file);
    up_arena_release(&a);
}

/* ---- the list of remotes ---- */

static int parse(struct up_remote_list *l, const char *text, struct up_err *err)
{
    *l = (struct up_remote_list){.n = 0};
    return up_remote_list_parse(l, V(text), "remotes", err);
}

static void a_list_comes_back(void **state)
{
    static const char text[] = "[team]\nurl = https://h:81/c\naccess = rw\n"
                               "trust = alice-1 bob-1 any\nca = /etc/a b.pem\n\n"
                               "[s3-2]\nurl = s3://bucket.one\naccess = ro\nregion = eu\n"
                               "endpoint = http://h\ncredentials = /c\nstall = 7\n";
    struct up_remote_list l;
    struct up_err err = {""};
    struct up_buf out = UP_BUF_INIT;
    if (parse(&l, text, &err) != UP_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.v[0].ntrust, 2);
    assert_true(l.v[0].writable && l.v[0].trust_any && !l.v[1].writable);
    up_remote_list_text(&out, &l);
    assert_string_equal(up_buf_str(&out), text);
    assert_true(up_remote_list_remove(&l, "team"));
    assert_false(up_remote_list_remove(&l, "team"));
    assert_string_equal(l.v[0].name, "s3-2");
    up_buf_release(&out);
    up_remote_list_release(&l);
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"url = x", "remotes:1: a line must be"},
        {"[a]\nnonsense\n", "remotes:2: a line must be"},
        {"[a]\nurl = ftp://h/\n", "must be a folder"},
        {"[a]\nurl = http://me:pw@h/\n", "may not hold a user or password"},
        {"[a]\nurl = http://h/?token=pw\n", "may not hold ?"},
        {"[a]\nurl = http:///c\n", "names no host"},
        {"[a]\nurl = s3://Bucket\n", "s3://BUCKET"},
        {"[a]\nurl = s3://bucket/pre\n", "s3://BUCKET"},
        {"[a]\nurl = s3://bucket\nendpoint = h:9000\n", "endpoint must begin"},
        {"[A]\nurl = http://h/\n", "begins with a letter"},
        {"[a]\n[b]\nurl = http://h/\n", "remotes:2: remote a has no url"},
        {"[a]\nurl = http://h/\n[a]\nurl = http://h/\n", "there is a remote a already"},
        {"[a]\nurl = http://h/\naccess = yes\n", "remotes:3: access is ro or rw"},
        {"[a]\nurl = http://h/\nstall = 0\n", "stall is a number"},
        {"[a]\nurl = http://h/\ntrust = b\ntrust = c\n", "a second time"},
        {"[a]\nurl = http://h/\ntrust = b/c\n", "names of keys"},
        {"[a]\nurl = http://h/\npassword = pw\n", "no such setting"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct up_remote_list l;
        struct up_err err = {""};
        assert_int_equal(parse(&l, cases[i].text, &err), UP_EINVAL);
        if (!strstr(err.msg, cases[i].want) || strstr(err.msg, "pw"))
            fail_msg("'%s' gives '%s'", cases[i].text, err.msg);
        up_remote_list_release(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_text_and_back),
        cmocka_unit_test(signatures_are_ed25519),
        cmocka_unit_test(names_of_keys_are_plain),
        cmocka_unit_test(a_keyring_has_one_key_a_name),
        cmocka_unit_test(vouchers_come_back),
        cmocka_unit_test(the_file_is_an_action_result),
        cmocka_unit_test(a_signature_is_of_everything),
        cmocka_unit_test(what_is_no_voucher_is_refused),
        cmocka_unit_test(a_list_comes_back),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
