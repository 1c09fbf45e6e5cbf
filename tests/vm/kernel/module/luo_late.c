// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* A handler that is in no kernel image: files of /dev/luo-late are lost, with all others, where this is loaded too late. */
#include "drivers/misc/luo-test.c"
