/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One TCP connection as a value: RFC 9293 with RFC 7323, 5681, 6582, 6298 and
 * 5961. It knows no packet, no clock, no allocator and no payload: events come
 * in with their time, decisions go out by value, the caller moves the bytes.
 *
 * Stream offsets are 64 bit: the first data byte of each direction has offset
 * 0, its FIN takes the offset behind the last byte. On the wire that is
 * seq = ISN + 1 + offset.
 *
 * A connection exists from SYN-SENT (active open) or from the ACK that
 * completes a passive open, whose SYN-RECEIVED is a record in tcp/syncache;
 * TIME-WAIT is one in tcp/timewait.
 *
 *	opening		tcp/open	tcp_conn_accept, tcp_conn_connect
 *	a segment came	tcp/input	tcp_input; tcp/ack is its sender's half
 *	what is asked	tcp/user	tcp_send_ready, tcp_shutdown, tcp_rcv_room
 *	what to send	tcp/output	tcp_plan
 *	it was sent	tcp/sent	tcp_plan_take, tcp_sent, tcp_plan_drop
 *	time passed	tcp/timer	tcp_deadline, tcp_timer
 *	ICMP came	tcp/path	tcp_path_too_big, tcp_path_unreachable
 */
#ifndef RTLS_TCP_CONN_H
#define RTLS_TCP_CONN_H

#include <assert.h>
#include <stddef.h>

#include "tcp/cc_all.h"
#include "tcp/pace.h"
#include "tcp/params.h"
#include "tcp/rcv_rtt.h"
#include "tcp/rtt.h"
#include "tcp/seg.h"

enum tcp_state {
	TCP_SYN_SENT,
	TCP_SYN_RECEIVED, /* of an active open: two SYNs crossed */
	TCP_ESTABLISHED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
	TCP_CLOSED,
};

/* Why a connection reached TCP_CLOSED. */
enum tcp_end {
	TCP_END_NONE,
	TCP_END_NORMAL,  /* both sides closed; or an orphan's peer never sent its FIN */
	TCP_END_RESET,   /* the peer's RST */
	TCP_END_REFUSED, /* RST in SYN-SENT, or ICMP: no such port */
	TCP_END_TIMEOUT, /* R2: no answer for user_timeout_us, or to keep-alives */
	TCP_END_ABORTED, /* tcp_abort; an orphan whose peer sent what nobody reads */
};

/* What happened; a set of bits, returned by input and timer events. */
enum {
	TCP_EV_CONNECTED = 1 << 0,
	TCP_EV_ACKED = 1 << 1,      /* snd_una moved: release what is below it */
	TCP_EV_DELIVER = 1 << 2,    /* rcv_nxt moved: the stream is in order up to it */
	TCP_EV_PEER_FIN = 1 << 3,   /* all of the peer's bytes are in order, none follows */
	TCP_EV_TIME_WAIT = 1 << 4,  /* tcp_timewait_add, answer with tcp_timewait_ack, drop c */
	TCP_EV_CLOSED = 1 << 5,     /* state is TCP_CLOSED, end says why */
	TCP_EV_SEND = 1 << 6,       /* tcp_plan may have something to say now */
	TCP_EV_CHALLENGE = 1 << 7,  /* alone: junk; tcp_challenge, if its sender may be answered */
	TCP_EV_SOFT_ERROR = 1 << 8, /* of tcp_path_unreachable: the owner may know; it goes on */
};

/* What a connection with a flight does about losses: tcp/loss. */
enum tcp_loss {
	TCP_LOSS_NONE,
	TCP_LOSS_RECOVERY, /* up to flight->recover, by what ACKs tell */
	TCP_LOSS_TIMEOUT,  /* up to there, by slow start behind a timeout */
};

/* A deadline that is not armed; an offset that is not known. */
#define TCP_NEVER  UINT64_MAX
#define TCP_NO_OFF UINT64_MAX

enum {
	/*
	 * What a peer repeats, or asks, is answered at once only once in this time. Below the least
	 * retransmission timeout of common hosts, which is 200 ms.
	 */
	TCP_AGAIN_US = 100000,
	TCP_R1 = 3, /* retransmissions, RFC 9293 3.8.3 */
	/* What an orphan takes and throws away, so that a peer who is busy sending gets to reading. */
	TCP_DRAIN_MAX = 1 << 20,
};

/* What a connection owes its peer beside data; a set of bits. */
enum {
	TCP_OWED_SYN = 1 << 0,
	TCP_OWED_ACK = 1 << 1,       /* at once; any segment carries it */
	TCP_OWED_PROBE = 1 << 2,     /* a byte into the closed window */
	TCP_OWED_KEEPALIVE = 1 << 3, /* a question in front of the window */
	TCP_OWED_AGAIN = 1 << 4,     /* what is lost is to be sent again */
	TCP_OWED_TAIL = 1 << 5,      /* a segment that asks for an ACK: tcp/tlp */
};

/*
 * A place in all that is to be sent: what comes next. A connection has two. The port's taking moves
 * one, `sent`; planning moves the other, `plan`, which is ahead while something is planned and not
 * taken. Both pass a segment in the same way, and to drop a plan is plan = sent.
 */
struct tcp_cursor {
	uint64_t nxt;   /* SND.NXT: without a flight it moves back on a retransmission timeout */
	uint32_t again; /* bytes behind snd_una: what is lost is sent again up to there */
	uint8_t dups;   /* duplicate ACKs owed: these travel alone (RFC 5681 2) */
	uint8_t owed;   /* TCP_OWED_* */
};

/* What the one timer of sending waits for. */
enum tcp_wait {
	TCP_WAIT_SYN_ACK, /* else the SYN goes again */
	TCP_WAIT_ACK,     /* else what is in flight does: the retransmission timer */
	TCP_WAIT_WINDOW,  /* else it is probed: the persist timer */
	TCP_WAIT_TAIL,    /* else a segment asks for an ACK: tcp/tlp */
	TCP_WAIT_REORDER, /* else what did not come by now is lost: tcp/rack */
};

struct tcp_flight;

struct tcp_conn {
	/* Line 0: what each received segment is judged by. */
	uint64_t rcv_nxt;       /* data in order up to here; does not count the FIN */
	uint64_t rcv_adv;       /* right edge that the peer was told; never moves left */
	uint64_t snd_una;       /* counts the FIN, as do the cursors' nxt and snd_max */
	uint64_t last_ack_sent; /* RFC 7323 4.3; counts the FIN */
	uint64_t peer_fin_off;  /* where the peer's FIN is; TCP_NO_OFF: not seen */
	uint32_t snd_wnd;       /* bytes behind snd_una, scaled */
	uint32_t ts_recent;
	uint32_t iss;
	uint32_t irs;
	uint8_t state; /* enum tcp_state */
	uint8_t loss;  /* enum tcp_loss */
	bool ts_on;
	bool peer_fin;   /* the FIN is in order: rcv_nxt is the peer's final offset */
	bool orphan;     /* the owner closed the handle */
	bool fin_queued; /* our FIN takes the offset snd_end */
	uint8_t snd_wscale;
	uint8_t rcv_wscale;

	/* Line 1: what each sent segment moves. */
	struct tcp_cursor sent; /* what the port took ends here */
	struct tcp_cursor plan; /* and what is planned, here */
	uint64_t snd_max;       /* highest offset ever sent + 1 */
	uint64_t snd_end;       /* end of the data that may be sent */
	uint64_t rcv_lim;       /* the caller takes bytes up to here */
	uint64_t rtx_at;        /* the timer of sending: enum tcp_wait */

	/* Line 2: what each received segment moves beside its offsets. */
	int64_t wl1; /* RFC 9293 SND.WL1 and SND.WL2, as offsets */
	uint64_t wl2;
	uint64_t ts_recent_at_us;
	uint64_t heard_us;       /* last acceptable segment */
	uint64_t quiet_since_us; /* R2 counts from here */
	uint64_t delack_at;      /* then an ACK is owed */
	uint32_t rcv_unacked;    /* in-order bytes since the last ACK was sent */
	uint32_t max_wnd;        /* largest snd_wnd seen */
	uint32_t rcv_buf;        /* largest room that the caller ever gave */
	uint16_t rcv_seg;        /* largest payload received: the peer's full segment */
	uint16_t rcv_mss;        /* the largest that our MSS option lets it send */

	/* Sending: what segments look like. */
	const struct tcp_params *params;
	uint32_t seg_max;    /* payload bytes per plan: whole segments of mss, at least one */
	uint32_t ts_offset;  /* added to now in ms: RFC 7323 5.4 */
	uint32_t ts_first;   /* our first timestamp: an echo below it is not ours */
	uint16_t mss;        /* payload bytes per segment, options taken off */
	uint16_t mss_agreed; /* mss without opts.mss_limit */
	uint16_t local_port;
	uint16_t remote_port;

	/* Measurement and congestion. */
	struct tcp_rcv_rtt rcv_rtt;
	struct tcp_rtt rtt;
	struct tcp_cc cc;
	uint32_t again_len; /* planned and not sent, of what is sent again */
	uint8_t keep_sent;  /* keep-alives since something was heard */
	uint8_t rtx_wait;   /* while rtx_at is armed: enum tcp_wait */
	uint8_t end;        /* TCP_CLOSED: enum tcp_end */
	bool unread : 1;    /* an orphan will never read some bytes that came: RST behind our FIN */
	bool syn_lost : 1;
	bool sack_on : 1;     /* both SYNs permit it; SYN-SENT: ours does */
	bool tracked : 1;     /* what is out is the flight's; else it is a segment at most */
	bool sent_again : 1;  /* not tracked: what is out was sent more than once */
	bool unreachable : 1; /* says somebody on the way, and nothing was acknowledged since */
	struct tcp_pace pace;
	uint64_t last_sent_at_us;  /* data, or a SYN that was not sent before */
	struct tcp_flight *flight; /* lent, NULL: none is; says what is in flight while `tracked` */

	/* Deadlines of what is rare, TCP_NEVER when off. */
	uint64_t challenge_next_us; /* no challenge ACK before */
	uint64_t again_next_us;     /* tcp_rcv_again answers at once from here on */
	uint64_t keep_at;
	uint64_t keep_probe_us; /* last keep-alive */
	uint64_t linger_at;     /* FIN-WAIT-2 of an orphan; of all of it with bytes unread */
	union {
		uint64_t drain_end; /* an orphan takes bytes off its peer up to here */
		struct {
			uint32_t start;
			uint32_t end;
		} twice; /* others: these came twice, and tcp/sack is to tell it; low 32 bits of offsets */
	};
	struct tcp_opts opts; /* set before it begins; it may change */
};

static_assert(offsetof(struct tcp_conn, sent) == 64, "line 0: each received segment");
static_assert(offsetof(struct tcp_conn, wl1) == 128, "line 1: each sent segment");
static_assert(offsetof(struct tcp_conn, params) == 192, "line 2: each received segment, too");
static_assert(offsetof(struct tcp_conn, rcv_rtt) + sizeof(struct tcp_rcv_rtt) <= 256,
	      "line 3: what comes in order looks at it");
static_assert(sizeof(struct tcp_conn) <= 400, "one in each socket");

/* Event: it owes something more. */
static inline void
tcp_owe(struct tcp_conn *c, uint8_t what)
{
	c->sent.owed |= what;
	c->plan.owed |= what;
}

/* Event: that is owed no more. */
static inline void
tcp_waive(struct tcp_conn *c, uint8_t what)
{
	c->sent.owed &= (uint8_t)~what;
	c->plan.owed &= (uint8_t)~what;
}

/* Is it owed? Also while it is planned. */
static inline bool
tcp_owes(const struct tcp_conn *c, uint8_t what)
{
	return (c->sent.owed & what) != 0;
}

/* Our timestamp clock, RFC 7323 5.4: 1 ms, so it wraps after 49 days. */
static inline uint32_t
tcp_ts_now(uint32_t ts_offset, uint64_t now_us)
{
	return (uint32_t)(now_us / 1000) + ts_offset;
}

/* The wire's sequence number of a byte that we send, and of one that we receive. */
static inline uint32_t
tcp_seq_of(const struct tcp_conn *c, uint64_t off)
{
	return c->iss + 1 + (uint32_t)off;
}

static inline uint32_t
tcp_rcv_seq_of(const struct tcp_conn *c, uint64_t off)
{
	return c->irs + 1 + (uint32_t)off;
}

/* What a segment acknowledges: data in order and the peer's FIN. */
static inline uint64_t
tcp_ack_off(const struct tcp_conn *c)
{
	return c->rcv_nxt + (c->peer_fin ? 1 : 0);
}

/* Our FIN's offset; TCP_NO_OFF: none is queued. */
static inline uint64_t
tcp_fin_off(const struct tcp_conn *c)
{
	return c->fin_queued ? c->snd_end : TCP_NO_OFF;
}

/* End of what is there to send, FIN included. */
static inline uint64_t
tcp_snd_lim(const struct tcp_conn *c)
{
	return c->snd_end + (c->fin_queued ? 1 : 0);
}

/*
 * Sequence of a segment without payload, as an offset: what the peer has next,
 * unless that is behind its right edge, where it would not listen. The edge may
 * be told up to a unit of the window scale short of one that was told before and
 * still holds (RFC 7323 2.4): what we sent in between it has, and waits behind.
 */
static inline uint64_t
tcp_bare_off(const struct tcp_conn *c)
{
	uint64_t edge = c->snd_una + c->snd_wnd;

	return c->snd_max >= edge + (UINT64_C(1) << c->snd_wscale) ? edge : c->snd_max;
}

/* Its congestion control. */
static inline const struct tcp_cc_ops *
tcp_cc_of(const struct tcp_conn *c)
{
	return tcp_cc_all[c->opts.cc];
}

/* Is our FIN acknowledged? */
static inline bool
tcp_fin_acked(const struct tcp_conn *c)
{
	return c->fin_queued && c->snd_una > c->snd_end;
}

/* opts.mss_limit and run_max count from the next segment on. Not in SYN-SENT. */
void tcp_seg_limit(struct tcp_conn *c);

/* The end: no deadline stays armed. */
void tcp_conn_closed(struct tcp_conn *c, enum tcp_end why);

#endif
