/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "stack/port.h"

int
rtls_port_close(struct rtls_port *p)
{
	if (p->queues_bound != 0)
		return -EBUSY;
	p->close(p);
	return 0;
}
