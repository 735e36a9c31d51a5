/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A capture of a port stands in place of its burst calls: where there is none it costs nothing. Copies
 * wait for what becomes of their packet until the next receive burst; then they go to the thread
 * that writes the file.
 */
#ifndef RTLS_PORT_CAPTURE_H
#define RTLS_PORT_CAPTURE_H

#include "port/port.h"

struct port_capture;

/* Of a port, or of the one that it lies over; NULL: none that this thread may tell anything. */
static inline struct port_capture *
port_capture_of(const struct rtls_port *p)
{
	while (p->under != NULL && !p->elsewhere)
		p = p->under;
	return p->capture;
}

/* A packet that was received is dropped now. */
void port_capture_dropped(struct port_capture *c, const struct rte_mbuf *m, const char *why);

/* The port is never given this packet. */
void port_capture_unsent(struct port_capture *c, const struct rte_mbuf *m, const char *why);

/* Ends the capture of a port that is closed; none is fine. */
void port_capture_end(struct rtls_port *p);

#endif
