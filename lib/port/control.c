/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a program asks of a port that is there, whoever made it. */
#include <errno.h>
#include <string.h>

#include "core/conf.h"
#include "port/port.h"
#include "port/capture.h"

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

/* Whoever seals writes the TCP checksum, too: without it a port has no use of a device's sealing. */
static uint32_t
device_features(const struct rtls_port *p)
{
	uint32_t features = offload_device_features(&p->tls);

	return (p->caps & PORT_CAP_TX_TCP_CKSUM) != 0 ? features : features & ~RTLS_FEATURE_TLS_TX;
}

int
rtls_port_info(const struct rtls_port *p, struct rtls_port_info *out)
{
	struct rtls_port_info info;

	if (p == NULL)
		return -EINVAL;
	info = (struct rtls_port_info){
		.device_features = device_features(p),
		.features = p->tls.features & device_features(p),
		.max_contexts = offload_device_room(&p->tls),
		.contexts = offload_device_contexts(&p->tls),
		.tx_method = p->tls.caps.tx_method,
		.tx_after = p->tls.caps.tx_after,
		.rx_method = p->tls.caps.rx_method,
		.tx_tso = p->tls.caps.tx_tso != 0,
		.keeps_times = p->read_clock != NULL,
	};
	return conf_fill(out, &info, sizeof(info));
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
