/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "port/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <recordtls/version.h>

#include "file/limit.h"
#include "file/open.h"

/* After a write: did all of it go? If not, what is there of it goes, too. */
static int
settle(struct capture_file *f, ssize_t wrote, size_t len)
{
	int rc;

	if (wrote == (ssize_t)len) {
		f->good += wrote;
		return 0;
	}
	rc = wrote < 0 && errno != 0 ? -errno : -ENOSPC;
	/* Of a device there is nothing to cut. */
	(void)!ftruncate(f->fd, f->good);
	return rc;
}

/* A block whose length rte_pcapng alone knows: the first word but one of it. */
static int
settle_block(struct capture_file *f, ssize_t wrote)
{
	struct stat st;

	if (wrote > 0 && fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size != f->good + wrote)
		wrote = -1;
	return settle(f, wrote, wrote > 0 ? (size_t)wrote : 1);
}

/* What stands in front of the packets. */
static int
write_head(struct capture_file *f, uint16_t port_id, const char *name)
{
	struct stat st;
	int rc;

	errno = 0;
	f->ng = rte_pcapng_fdopen(f->fd, NULL, NULL, "librecordtls " RTLS_VERSION, NULL);
	if (f->ng == NULL) {
		rc = errno != 0 ? -errno : -ENOSPC;
		close(f->fd);
		return rc;
	}
	if (fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode))
		f->good = st.st_size;
	errno = 0;
	rc = settle_block(f, rte_pcapng_add_interface(f->ng, port_id, name, NULL, NULL));
	if (rc != 0)
		capture_file_close(f);
	return rc;
}

int
capture_file_open(struct capture_file *f, const char *path, uint16_t port_id, const char *name)
{
	struct file_limit limit;
	int rc;

	f->port_id = port_id;
	f->good = 0;
	f->fd = file_open(path, O_TRUNC);
	if (f->fd < 0)
		return f->fd;
	file_limit_begin(&limit);
	rc = write_head(f, port_id, name);
	/* What pcapng made of the error may not be what write() said. */
	file_limit_end(&limit, rc != 0 ? EFBIG : 0);
	return rc;
}

int
capture_file_write(struct capture_file *f, struct rte_mbuf **pkts, uint16_t n)
{
	size_t len = 0;
	ssize_t wrote;
	uint16_t i;
	int rc;

	for (i = 0; i < n; i++)
		len += pkts[i]->pkt_len;
	errno = 0;
	wrote = rte_pcapng_write_packets(f->ng, pkts, n);
	rc = settle(f, wrote, len);
	rte_pktmbuf_free_bulk(pkts, n);
	return rc;
}

int
capture_file_stats(struct capture_file *f, uint64_t received, uint64_t missed)
{
	errno = 0;
	return settle_block(f, rte_pcapng_write_stats(f->ng, f->port_id, received, missed, NULL));
}

void
capture_file_close(struct capture_file *f)
{
	rte_pcapng_close(f->ng);
}
