// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * A handler for VFIO devices, for a kernel that has none yet: enough to hold the file of a real device preserved while that is
 * unplugged, and to refuse a kexec with it. It keeps nothing of the device's state; the next kernel gets the file opened anew.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/string.h>

/* The device of an open /dev/vfio/devices/vfioN; the open file holds it. */
static struct device *luo_vfio_device(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct dentry *directory = file->f_path.dentry->d_parent;

	if (!S_ISCHR(inode->i_mode) || !inode->i_cdev || !inode->i_cdev->kobj.parent ||
	    strcmp(directory->d_name.name, "devices") || strcmp(directory->d_parent->d_name.name, "vfio"))
		return NULL;
	return kobj_to_dev(inode->i_cdev->kobj.parent);
}

static bool luo_vfio_can_preserve(struct liveupdate_file_handler *handler, struct file *file)
{
	return luo_vfio_device(file);
}

static int luo_vfio_preserve(struct liveupdate_file_op_args *args)
{
	args->serialized_data = MINOR(file_inode(args->file)->i_rdev);
	return 0;
}

static void luo_vfio_unpreserve(struct liveupdate_file_op_args *args)
{
}

static int luo_vfio_freeze(struct liveupdate_file_op_args *args)
{
	struct device *device = luo_vfio_device(args->file);

	return device && device_is_registered(device) ? 0 : -ENODEV;
}

static int luo_vfio_retrieve(struct liveupdate_file_op_args *args)
{
	char path[40];
	struct file *file;

	scnprintf(path, sizeof(path), "/dev/vfio/devices/vfio%llu", args->serialized_data);
	file = filp_open(path, O_RDWR, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	args->file = file;
	return 0;
}

static bool luo_vfio_can_finish(struct liveupdate_file_op_args *args)
{
	return true;
}

static void luo_vfio_finish(struct liveupdate_file_op_args *args)
{
}

static const struct liveupdate_file_ops luo_vfio_ops = {
	.can_preserve = luo_vfio_can_preserve,
	.preserve = luo_vfio_preserve,
	.unpreserve = luo_vfio_unpreserve,
	.freeze = luo_vfio_freeze,
	.retrieve = luo_vfio_retrieve,
	.can_finish = luo_vfio_can_finish,
	.finish = luo_vfio_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler luo_vfio_handler = {
	.ops = &luo_vfio_ops,
	.compatible = "luo-vfio-test-v1",
};

static int __init luo_vfio_init(void)
{
	return liveupdate_register_file_handler(&luo_vfio_handler);
}
module_init(luo_vfio_init);

/* No module_exit(): a handler that may be needed stays. */
MODULE_DESCRIPTION("VFIO devices that can be preserved, for tests");
MODULE_LICENSE("GPL");
