/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A cable joins two ports in one process, in virtual time, and does to the
 * packets what networks do. Each end behaves like a NIC: what is transmitted is
 * copied into buffers of the receiver's own pool, checksum offloads are carried
 * out, long packets are cut and short frames padded, sent buffers come back late
 * if so configured.
 *
 * Everything random comes from one seed: the same calls at the same times give
 * the same packets. Direction d is from end d to the other end.
 */
#ifndef RTLS_SUPPORT_CABLE_H
#define RTLS_SUPPORT_CABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

enum {
	CABLE_SEG_MIN = 128,  /* smallest receive buffer: holds all headers */
	CABLE_FRAME_MIN = 60, /* IEEE 802.3, without the frame check sequence */
	CABLE_MTU_MAX = 9600,
	CABLE_PPM = 1000000, /* probabilities are in parts per million */
};

/* What one direction does to its frames. All 0: a perfect, immediate wire. */
struct cable_path {
	uint32_t loss_ppm;
	/* Losses in bursts (Gilbert and Elliott): with each frame a bad time begins, or ends. 0: none does. */
	uint32_t bad_begins_ppm;
	uint32_t bad_ends_ppm;
	uint32_t bad_loss_ppm; /* while it lasts, instead of loss_ppm */
	uint32_t dup_ppm;
	uint32_t reorder_ppm; /* these frames get reorder_us in addition */
	uint32_t reorder_us;
	uint32_t delay_us;
	uint32_t jitter_us;    /* 0..jitter_us in addition, drawn per frame: reorders too */
	uint32_t refuse_ppm;   /* per packet: tx_burst ends in front of it */
	uint32_t queue_bytes;  /* in front of the bandwidth limit, drops what comes; 0: no limit */
	uint32_t queue_frames; /* the same in frames, up to LINE_FRAMES_MAX (cable_line.h) */
	uint64_t bits_per_s;   /* 0: no limit */
	bool in_order;  /* jitter lets nothing overtake: as where frames wait for each other */
	bool spare_arp; /* loss, refusal and the filter leave ARP alone */
};

enum cable_verdict {
	CABLE_PASS,
	CABLE_DROP,
	CABLE_DELAY, /* by *delay_us in addition */
};

/* Sees every frame that an end transmitted, in one piece, before anything happens to it. */
typedef void (*cable_tap_fn)(void *arg, int dir, const uint8_t *frame, uint32_t len,
			     uint64_t now_us);
/* Decides over a frame, behind the tap and before the random impairments; may change its bytes. */
typedef enum cable_verdict (*cable_filter_fn)(void *arg, int dir, uint8_t *frame, uint32_t len,
					      uint64_t now_us, uint64_t *delay_us);

struct cable_conf {
	const char *name; /* of its pools, unique in the process */
	uint64_t seed;
	uint64_t now_us;     /* the time it starts at */
	uint32_t caps;       /* PORT_CAP_*, of both ends */
	uint32_t nb_mbufs;   /* in each receiver's pool; 0: 1024 */
	uint32_t tso_max;    /* both ends cut packets with so much payload; 0: they cut none */
	uint16_t mtu;        /* 0: 1500 */
	uint16_t rx_seg_len; /* frames arrive in buffers of so many bytes; 0: in one */
	uint16_t lazy_free;  /* sent buffers are freed so many tx bursts later */
	struct cable_path path[2];
	cable_tap_fn tap; /* NULL: none */
	void *tap_arg;
	cable_filter_fn filter; /* NULL: none */
	void *filter_arg;
};

/* Counted per direction. */
struct cable_stats {
	uint64_t tx_packets; /* taken from the sender */
	uint64_t tx_frames;  /* of these, as cut */
	uint64_t tx_bytes;
	uint64_t refused;    /* bursts cut short */
	uint64_t lost;       /* by chance */
	uint64_t lost_bad;   /* of these, in bad times */
	uint64_t filtered;   /* dropped by the filter */
	uint64_t overflowed; /* dropped in front of the bandwidth limit */
	uint64_t duplicated;
	uint64_t no_mbuf;   /* dropped: the receiver's pool was empty */
	uint64_t misused;   /* the sender asked for what the port does not do: dropped */
	uint64_t rx_frames; /* given to the receiver */
};

struct cable;

/* 0; -ENOMEM; -EINVAL: mtu or rx_seg_len out of range. Needs the EAL. */
int cable_create(const struct cable_conf *conf, struct cable **out);

/* The port at an end, 0 or 1; the cable's, but to be closed before cable_destroy(). */
struct rtls_port *cable_port(struct cable *c, int end);

/* Virtual time: frames that are due now come out of rx_burst. Never goes back. */
void cable_set_time(struct cable *c, uint64_t now_us);

/* From now on this direction does so to new frames. */
void cable_set_path(struct cable *c, int dir, const struct cable_path *path);

/* A frame from nowhere into a direction, past tap, filter and impairments. 0 or -ENOMEM, -EINVAL. */
int cable_inject(struct cable *c, int dir, const uint8_t *frame, uint32_t len);

/* The same, and it takes its turn on the line: it comes behind what the end has sent by now. -ENOMEM: no room, too. */
int cable_inject_in_line(struct cable *c, int dir, const uint8_t *frame, uint32_t len);

/* When the next frame is due, in either direction; UINT64_MAX: none is under way. */
uint64_t cable_next_us(const struct cable *c);

struct cable_stats cable_stats_get(const struct cable *c, int dir);

/* Buffers out of the pool that an end receives into: queued, or with the receiver. */
unsigned int cable_mbufs_in_use(const struct cable *c, int end);

/* Sent buffers that an end has not given back yet. */
unsigned int cable_tx_held(const struct cable *c, int end);

/* Frees what is under way and the cable with both its ports. NULL is fine. */
void cable_destroy(struct cable *c);

#endif
