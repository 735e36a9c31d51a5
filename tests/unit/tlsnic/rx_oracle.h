/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Which received packets a TLS-offload device opens, by the rules that the Linux kernel's
 * documentation gives for one (Documentation/networking/tls-offload.rst). Nothing of the
 * driver is in it: it is told where the records truly are and sees no byte. It goes through a
 * packet byte by byte and asks of each whether the device can make use of it; the cases that
 * a driver tells apart (duplicate, overlap, gap) do not occur here.
 */
#ifndef RTLS_TLSNIC_RX_ORACLE_H
#define RTLS_TLSNIC_RX_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

enum rx_oracle_mark {
	RX_ORACLE_UNTOUCHED,
	RX_ORACLE_OPENED,
};

struct rx_oracle_form {
	uint32_t prefix; /* bytes that make a header */
};

struct rx_oracle {
	const uint32_t *bounds; /* true starts of the records; the last one's end */
	struct rx_oracle_form form;
	unsigned int record;   /* that the device has reached */
	uint32_t header_bytes; /* of it that the device processed */
	uint32_t known;        /* latest record start that a processed header told of */
	uint32_t next;         /* offset that the device expects */
	unsigned int run;      /* how many gaps it has jumped over */
};

/* What the mark of an opened packet says of its first byte's record. */
struct rx_oracle_report {
	unsigned int record; /* of the stream, from 0 on */
	uint32_t off;        /* bytes of it in front of the packet */
	uint32_t len;        /* of the record; 0: the packet ends within its header */
};

struct rx_oracle_form rx_oracle_form(bool explicit_nonce);

/* Offsets count from the stream's first byte; the device starts at bounds[0]. */
void rx_oracle_init(struct rx_oracle *o, const uint32_t *bounds, struct rx_oracle_form form);

/* The packet with the bytes [from, to) arrives. */
enum rx_oracle_mark rx_oracle_packet(struct rx_oracle *o, uint32_t from, uint32_t to);

/* Of a packet with the bytes [from, to) that is opened: the same whatever came before it. */
struct rx_oracle_report rx_oracle_report(const uint32_t *bounds, struct rx_oracle_form form,
					 uint32_t from, uint32_t to);

#endif
