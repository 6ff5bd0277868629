/* Which file systems can be relied on: see lock.h. */
#include "store/base/err.h"
#include "store/file/lock.h"

#include <sys/statfs.h>

static const struct network {
    uint32_t magic;
    const char *name;
} networks[] = {
    {0x6969, "NFS"},        {0x517B, "SMB"},       {0xFF534D42, "CIFS"}, {0xFE534D42, "SMB2"},
    {0x5346414F, "AFS"},    {0x6B414653, "AFS"},   {0x73757245, "Coda"}, {0x00C36400, "Ceph"},
    {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"},  {0x01021997, "9P"},   {0x564C, "NCP"},
    {0x19830326, "BeeGFS"}, {0xAAD7AAEA, "PanFS"},
};

static const char *network_name(uint32_t magic)
{
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (networks[i].magic == magic)
            return networks[i].name;
    return NULL;
}

bool up_fs_is_network(uint32_t magic) { return network_name(magic) != NULL; }

int up_fs_check_local(const char *dir, struct up_err *err)
{
    struct statfs fs;
    if (statfs(dir, &fs) != 0)
        return up_fail_errno(err, "cannot look at the store's folder %s", dir);
    const char *name = network_name((uint32_t)fs.f_type);
    if (!name)
        return UP_OK;
    return up_fail(
        err, UP_EUNSUPPORTED,
        "the store %s is on a network file system (%s), where its locks and maps are "
        "not reliable; put it on a local disk with --store, or allow it with "
        "--allow-network-store",
        dir, name);
}
