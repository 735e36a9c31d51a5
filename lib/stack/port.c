/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "stack/port.h"
#include "stack/port_capture.h"

int
rtls_port_features(struct rtls_port *p, uint32_t set, uint32_t clear)
{
	const uint32_t all = RTLS_FEATURE_TLS_TX | RTLS_FEATURE_TLS_RX;

	if (p == NULL || ((set | clear) & ~all) != 0 || (set & clear) != 0)
		return -EINVAL;
	if (!offload_device_present(&p->tls))
		return -ENOTSUP;
	p->tls.features = (p->tls.features | set) & ~clear;
	return 0;
}

int
rtls_port_close(struct rtls_port *p)
{
	if (p == NULL)
		return -EINVAL;
	if (p->queues_bound != 0)
		return -EBUSY;
	if (p->holds != NULL && p->holds(p))
		return -EAGAIN;
	port_capture_end(p);
	p->close(p);
	return 0;
}
