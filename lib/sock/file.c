/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <recordtls/file.h>
#include <recordtls/io.h>

#include "core/conf.h"
#include "session/tx_buffer.h"
#include "sock/check.h"
#include "stack/memory.h"
#include "stack/state.h"

enum { READ_AHEAD_DEFAULT = 4 };

struct rtls_file {
	struct reader_file ref; /* first: the reader frees by it */
	uint64_t size;
	uint32_t read_ahead;
};

int
rtls_file_open(struct rtls_stack *s, int fd, const struct rtls_file_conf *user_conf,
	       struct rtls_file **out)
{
	struct rtls_file_conf conf;
	struct rtls_file *f;
	struct stat st;
	int flags;

	if (s == NULL || out == NULL)
		return -EINVAL;
	if (conf_copy(&conf, sizeof(conf), user_conf) != 0)
		return -EINVAL;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY || fstat(fd, &st) != 0)
		return -EBADF;
	if (!S_ISREG(st.st_mode) || conf.read_ahead > READER_LANE_MAX)
		return -EINVAL;
	if (reader_start(s->reader) != 0)
		return -EAGAIN;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return -ENOMEM;
	f->ref.fd = fd;
	f->ref.refs = 1;
	f->size = (uint64_t)st.st_size;
	f->read_ahead = conf.read_ahead != 0 ? conf.read_ahead : READ_AHEAD_DEFAULT;
	*out = f;
	return 0;
}

uint64_t
rtls_file_size(const struct rtls_file *f)
{
	return f == NULL ? 0 : f->size;
}

void
rtls_file_put(struct rtls_file *f)
{
	if (f != NULL)
		reader_file_unref(&f->ref);
}

/* One chunk more? An open record waits for the first one, and takes it into its own buffer. */
static bool
may_read(const struct rtls_sock *sock)
{
	return session_tx_may_hold(&sock->tx) ||
	       (sock->lane.count == 0 && session_tx_open(&sock->tx) != NULL &&
		sock->sendq.room_used == 0);
}

/* Of a chunk that is to be a record as it is. Without room for padding it is moved when it is one. */
static uint32_t
chunk_room(const struct tx_pad *p, const struct rte_mbuf *m)
{
	uint32_t room = tx_content_room(p, m);

	return room > 0 ? room : buf_record_room(m);
}

/* Asks for the chunks of [off, end) that are not asked for yet, as far as read-ahead goes. */
static void
read_ahead(struct rtls_sock *sock, struct rtls_file *f, uint64_t off, uint64_t end)
{
	struct rtls_stack *s = sock->stack;
	struct reader_lane *lane = &sock->lane;
	struct rte_mbuf *m;
	uint32_t len;

	if (lane->count > 0)
		off = reader_lane_end(lane);
	memory_account(sock);
	for (; lane->count < f->read_ahead && off < end; memory_account(sock)) {
		if (!may_read(sock)) {
			memory_refused(sock);
			return;
		}
		/* The first one fills the open record, so that those behind it are records as they are. */
		session_tx_begin(&sock->tx);
		len = sock->tx.pad.cap;
		if (lane->count == 0 && session_tx_open(&sock->tx) != NULL)
			len -= session_tx_open(&sock->tx)->data_len;
		len = (uint32_t)RTE_MIN(end - off, (uint64_t)len);
		m = buf_data_alloc(&s->pools, tx_padded(&sock->tx.pad, len));
		if (m != NULL)
			len = RTE_MIN(len, chunk_room(&sock->tx.pad, m));
		if (m == NULL || reader_ask(s->reader, sock, lane, &f->ref, off, len, m) != 0) {
			rte_pktmbuf_free(m);
			/* Without even one under way nothing else would wake the socket. */
			if (lane->count == 0)
				memory_starved(sock, 1);
			return;
		}
		off += len;
	}
}

/*
 * Makes a record of the loaded chunk at the head. Bytes taken, 0 at the end of
 * the file, or an errno.
 */
static ssize_t
send_chunk(struct rtls_sock *sock, uint64_t end, bool more)
{
	struct reader_chunk *c = reader_lane_head(&sock->lane);
	ssize_t n = c->got;
	bool last = c->off + c->got >= end || c->got < c->len;
	int rc;

	if (c->failed && c->got == 0)
		n = -EIO;
	if (n > 0) {
		c->m->data_len = (uint16_t)c->got;
		c->m->pkt_len = c->got;
		/* A chunk is a record: the next one may be longer, and is not to be cut for this one. */
		rc = session_tx_buffer(&sock->tx, c->m, last ? more : !sock->tx.dynamic);
		if (rc != 0)
			return rc;
		c->m = NULL;
	}
	reader_lane_pop(sock->stack->reader, &sock->lane);
	return n;
}

/* Is what was read ahead what is asked for now? */
static bool
lane_fits(const struct reader_lane *lane, const struct rtls_file *f, uint64_t off, uint64_t end)
{
	const struct reader_chunk *c = reader_lane_head(lane);

	return c == NULL || (c->file == &f->ref && c->off == off && c->off + c->len <= end);
}

ssize_t
rtls_sendfile(struct rtls_sock *sock, struct rtls_file *f, uint64_t off, size_t len, int flags)
{
	struct reader_chunk *c;
	uint64_t end, pos = off;
	ssize_t n = sock_check_guard(sock, RTLS_TX);

	if (n != 0)
		return n;
	if (f == NULL || (flags & ~RTLS_MSG_MORE) != 0)
		return -EINVAL;
	n = sock_check_send(sock);
	if (n != 0)
		return n;
	end = RTE_MIN(off + RTE_MIN((uint64_t)len, UINT64_MAX - off), f->size);
	sock->lane_waits = false;
	session_tx_segment(&sock->tx, sock->tcp.mss);
	if (!lane_fits(&sock->lane, f, off, end))
		reader_lane_reset(sock->stack->reader, &sock->lane);
	while (pos < end) {
		read_ahead(sock, f, pos, end);
		c = reader_lane_head(&sock->lane);
		if (c == NULL || !c->filled) {
			sock->lane_waits = c != NULL;
			/* An open record that uses up the share would keep the file waiting. */
			n = c == NULL ? session_tx_flush(&sock->tx) : 0;
			n = n == 0 ? -EAGAIN : n;
			break;
		}
		n = send_chunk(sock, end, flags & RTLS_MSG_MORE);
		if (n <= 0)
			break;
		pos += (uint64_t)n;
		/* A chunk that came short, of a file that is longer again by now. */
		if (!lane_fits(&sock->lane, f, pos, end))
			reader_lane_reset(sock->stack->reader, &sock->lane);
	}
	if (n == 0 || n == -EIO)
		/* Chunks behind the end of a file that shrank are of no use. */
		reader_lane_reset(sock->stack->reader, &sock->lane);
	if (n == -ENOMEM)
		memory_starved(sock, sock->stack->session.short_len);
	/* Nothing follows: as a send of 0 bytes it closes what is open. */
	if (n == 0 && (flags & RTLS_MSG_MORE) == 0)
		n = session_tx_flush(&sock->tx);
	/* Also where nothing was taken: an open record may have been closed on the way. */
	sock_queued(sock);
	return pos == off ? n : (ssize_t)(pos - off);
}
