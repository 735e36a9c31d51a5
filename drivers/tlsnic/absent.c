/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Built where DPDK comes without the headers for drivers of rte_security. */
#include <errno.h>

#include <recordtls/tlsnic.h>

int
rtls_tlsnic_open(struct rtls_port *under, const struct rtls_tlsnic_conf *conf,
		 struct rtls_port **out)
{
	(void)under;
	(void)conf;
	(void)out;
	return -ENOTSUP;
}

unsigned int
rtls_tlsnic_poll(struct rtls_port *p)
{
	(void)p;
	return 0;
}
