// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * /dev/luo-test: files that can be preserved, and a handler that fails where a test asks for it.
 *
 * An open file holds one number: write it as text, read it back. It is all that travels. What is to fail stands in
 * /sys/module/luo_test/parameters, and may be given on the command line as luo_test.NAME=VALUE:
 *
 *   preserve, freeze, retrieve   errno with which the call is refused; 0: it is not
 *   finish                       N: FINISH is refused (EBUSY) until this is Y again
 *   handler                      N, on the command line only: no handler is registered, as in a kernel without it
 *
 * Built once more, as a module (kernel/module), it is /dev/luo-late with a handler of its own: luo_late.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/liveupdate.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#ifdef MODULE
#define LUO_TEST_NAME "luo-late"
#else
#define LUO_TEST_NAME "luo-test"
/* Not exported by the kernel itself: its handlers are built in so far. */
EXPORT_SYMBOL_GPL(liveupdate_register_file_handler);
#endif

struct luo_test_file {
	u64 number;
};

static unsigned int preserve_errno, freeze_errno, retrieve_errno;
static bool finish_allowed = true, handler_wanted = true;
module_param_named(preserve, preserve_errno, uint, 0644);
module_param_named(freeze, freeze_errno, uint, 0644);
module_param_named(retrieve, retrieve_errno, uint, 0644);
module_param_named(finish, finish_allowed, bool, 0644);
module_param_named(handler, handler_wanted, bool, 0444);

static int luo_test_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc(sizeof(struct luo_test_file), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static int luo_test_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static ssize_t luo_test_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct luo_test_file *mine = file->private_data;
	char text[24];
	int length = scnprintf(text, sizeof(text), "%llu\n", mine->number);

	return simple_read_from_buffer(to, size, pos, text, length);
}

static ssize_t luo_test_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct luo_test_file *mine = file->private_data;
	int err = kstrtou64_from_user(from, size, 0, &mine->number);

	return err ?: size;
}

static const struct file_operations luo_test_fops = {
	.open = luo_test_open,
	.release = luo_test_release,
	.read = luo_test_read,
	.write = luo_test_write,
	.llseek = default_llseek,
};

static bool luo_test_can_preserve(struct liveupdate_file_handler *handler, struct file *file)
{
	return file->f_op == &luo_test_fops;
}

static int luo_test_preserve(struct liveupdate_file_op_args *args)
{
	struct luo_test_file *mine = args->file->private_data;

	args->serialized_data = mine->number;
	return -preserve_errno;
}

static void luo_test_unpreserve(struct liveupdate_file_op_args *args)
{
}

/* The number may have been written since. */
static int luo_test_freeze(struct liveupdate_file_op_args *args)
{
	struct luo_test_file *mine = args->file->private_data;

	args->serialized_data = mine->number;
	return -freeze_errno;
}

static int luo_test_retrieve(struct liveupdate_file_op_args *args)
{
	struct luo_test_file *mine;
	struct file *file;

	if (retrieve_errno)
		return -retrieve_errno;
	mine = kzalloc(sizeof(*mine), GFP_KERNEL);
	if (!mine)
		return -ENOMEM;
	mine->number = args->serialized_data;
	file = anon_inode_getfile_fmode("[" LUO_TEST_NAME "]", &luo_test_fops, mine, O_RDWR,
					FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	if (IS_ERR(file)) {
		kfree(mine);
		return PTR_ERR(file);
	}
	args->file = file;
	return 0;
}

static bool luo_test_can_finish(struct liveupdate_file_op_args *args)
{
	return finish_allowed;
}

static void luo_test_finish(struct liveupdate_file_op_args *args)
{
}

static const struct liveupdate_file_ops luo_test_ops = {
	.can_preserve = luo_test_can_preserve,
	.preserve = luo_test_preserve,
	.unpreserve = luo_test_unpreserve,
	.freeze = luo_test_freeze,
	.retrieve = luo_test_retrieve,
	.can_finish = luo_test_can_finish,
	.finish = luo_test_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler luo_test_handler = {
	.ops = &luo_test_ops,
	.compatible = LUO_TEST_NAME "-v1",
};

static struct miscdevice luo_test_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = LUO_TEST_NAME,
	.fops = &luo_test_fops,
	.mode = 0666,
};

static int __init luo_test_init(void)
{
	int err = handler_wanted ? liveupdate_register_file_handler(&luo_test_handler) : 0;

	if (err && err != -EOPNOTSUPP)
		return err;
	return misc_register(&luo_test_device);
}
late_initcall(luo_test_init);

/* No module_exit(): a handler that may be needed stays. */
MODULE_DESCRIPTION("Files that can be preserved, for tests");
MODULE_LICENSE("GPL");
