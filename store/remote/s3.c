/* A remote that is an S3 bucket: HTTP with signed requests. */
#include "store/remote/remote.h"

#include <stdio.h>

int up_remote_s3(struct up_remote **out, const char *name, const char *bucket,
                 const struct up_http_opts *opts, struct up_err *err)
{
    struct up_buf url = UP_BUF_INIT;
    struct up_http_opts o = *opts;
    *out = NULL;
    if (!o.user || !o.password)
        return up_fail(
            err, UP_EUNSUPPORTED,
            "remote %s: S3 needs an access key and a secret key, from the environment "
            "or from a file that only you can read (upnas remote --help)",
            name);
    o.region = o.region ? o.region : "us-east-1";
    o.cas = "ca";
    if (o.url)
        up_buf_printf(&url, "%s/%s", o.url, bucket);
    else
        up_buf_printf(&url, "https://s3.%s.amazonaws.com/%s", o.region, bucket);
    o.url = up_buf_str(&url);
    int rc = up_remote_http(out, name, &o, err);
    up_buf_release(&url);
    return rc;
}
