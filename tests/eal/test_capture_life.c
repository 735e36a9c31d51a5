/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A capture that begins, ends, and cannot go on. */
#include <fcntl.h>
#include <sys/resource.h>

#include "eal/capture.h"

/* --- what goes wrong -------------------------------------------------------------- */

/* Copies of a burst wait for its end: there are two buffers. */
static void
test_no_room(void)
{
	begin(false);
	CU_ASSERT_EQUAL(start(0, 2), 0);
	for (uint16_t i = 0; i < 5; i++)
		inject_syn((uint16_t)(2000 + i));
	poll(1);
	CU_ASSERT_EQUAL(stat_of(t.stack, NULL, "SynInUse"), 5);
	CU_ASSERT_EQUAL(stats().packets, 2);
	CU_ASSERT_EQUAL(stats().missed, 5 - 2 + 5);
	stop_and_read(0);
	CU_ASSERT_EQUAL(file.nb_packets, 2);
	CU_ASSERT_EQUAL(file.received, 10);
	CU_ASSERT_EQUAL(file.missed, 8);
	pcapng_free(&file);
	end();
}

static void
test_full_disk(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint16_t (*rx)(struct rtls_port *, uint16_t, struct rte_mbuf **, uint16_t);
	struct rlimit before, few;
	uint64_t syns;

	begin(false);
	rx = t.port->rx_burst;
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	few = before;
	few.rlim_cur = 1500;
	CU_ASSERT_EQUAL(start(0, 64), 0);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &few), 0);
	for (uint16_t i = 0; stats().error == 0 && i < 2000; i++) {
		inject_syn((uint16_t)(2000 + i));
		poll(1);
		nanosleep(&pause, NULL);
	}
	CU_ASSERT_EQUAL(stats().error, -ENOSPC);
	/* Traffic goes on, as it did before. */
	syns = stat_of(t.stack, NULL, "RxPackets");
	for (uint16_t i = 0; i < 200; i++) {
		inject_syn((uint16_t)(9000 + i));
		poll(1);
	}
	CU_ASSERT_EQUAL(stat_of(t.stack, NULL, "RxPackets"), syns + 200);
	CU_ASSERT_EQUAL(stat_of(t.stack, NULL, "TxPackets"), syns + 200);
	CU_ASSERT_PTR_EQUAL(t.port->rx_burst, rx);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_CAPTURE_ENDED), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_CAPTURE_ENDED), t.port->name));
	CU_ASSERT_EQUAL(start(0, 64), -EALREADY);
	stop_and_read(-ENOSPC);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	/* No half block at the end. */
	CU_ASSERT_TRUE(file.nb_packets > 5 && file.len <= 1500);
	pcapng_free(&file);
	/* It can start anew. */
	CU_ASSERT_EQUAL(start(0, 64), 0);
	inject_syn(2000);
	poll(1);
	stop_and_read(0);
	CU_ASSERT_TRUE(file.nb_packets >= 1);
	pcapng_free(&file);
	end();
}

/* The limit is where the file ends: there is an error at once, and a signal. */
static void
test_file_limit(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct rlimit before, few;
	struct stat st;

	begin(false);
	CU_ASSERT_EQUAL(start(0, 64), 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)st.st_size;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &few), 0);
	inject_syn(2000);
	for (unsigned int i = 0; stats().error == 0 && i < 2000; i++) {
		poll(1);
		nanosleep(&pause, NULL);
	}
	CU_ASSERT_EQUAL(stats().error, -EFBIG);
	stop_and_read(-EFBIG);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	CU_ASSERT_EQUAL(file.nb_packets, 0);
	pcapng_free(&file);
	/* And where it begins: no capture, and no signal either. */
	few.rlim_cur = 0;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &few), 0);
	CU_ASSERT(start(0, 64) < 0);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	end();
}

static int
start_at(struct rtls_port *p, const char *where, uint32_t snaplen)
{
	const struct rtls_capture_conf conf = { .size = sizeof(conf),
						.snaplen = snaplen,
						.path = where };

	return rtls_port_capture(p, &conf);
}

static void
test_refused(void)
{
	struct rtls_port no_ethdev = { .nb_queues = 1 };
	struct rtls_capture_stats s = { .size = sizeof(s) };
	uint16_t (*rx)(struct rtls_port *, uint16_t, struct rte_mbuf **, uint16_t);

	begin(false);
	rx = t.port->rx_burst;
	CU_ASSERT_EQUAL(rtls_port_capture(NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_capture(t.port, NULL), -EINVAL);
	CU_ASSERT_EQUAL(start_at(NULL, path, 0), -EINVAL);
	CU_ASSERT_EQUAL(start_at(t.port, NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(start_at(t.port, path, 10), -EINVAL);
	CU_ASSERT_EQUAL(start_at(&no_ethdev, path, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	CU_ASSERT_EQUAL(start_at(t.port, folder, 0), -EISDIR);
	CU_ASSERT_EQUAL(start_at(t.port, "/nowhere/at/all", 0), -ENOENT);
	CU_ASSERT_EQUAL(start_at(t.port, "/dev/full", 0), -ENOSPC);
	CU_ASSERT_EQUAL(symlink(path, other), 0);
	CU_ASSERT_EQUAL(start_at(t.port, other, 0), -ELOOP);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	{
		int reader = open(path, O_RDONLY | O_NONBLOCK);

		CU_ASSERT_EQUAL(start_at(t.port, path, 0), -EINVAL);
		close(reader);
	}
	CU_ASSERT_PTR_EQUAL(t.port->rx_burst, rx);
	CU_ASSERT_EQUAL(rtls_port_capture_stop(NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_capture_stop(t.port), -ENOENT);
	CU_ASSERT_EQUAL(rtls_port_capture_stats(t.port, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_capture_stats(NULL, &s), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_capture_stats(t.port, &s), -ENOENT);
	end();
}

/* --- its end, and a NIC above it ---------------------------------------------------- */

static void
close_while_captured(bool nic)
{
	begin(nic);
	CU_ASSERT_EQUAL(start(0, 64), 0);
	inject_syn(2000);
	poll(2);
	end();
	CU_ASSERT_TRUE_FATAL(pcapng_read(&file, path));
	CU_ASSERT_EQUAL(file.nb_stats, 1);
	CU_ASSERT_TRUE(file.nb_packets >= 2);
	pcapng_free(&file);
}

static void
test_close(void)
{
	close_while_captured(false);
	close_while_captured(true);
}

/* Of a NIC in software it is the port under it; with rings, whose turn is another thread's, none. */
static void
test_nic(void)
{
	struct rtls_tlsnic_conf nc = {
		.size = sizeof(nc), .max_contexts = 8, .nb_mbufs = 64, .rings = 1
	};
	struct rtls_port *rings;
	struct frame f;

	begin(true);
	CU_ASSERT_EQUAL(start(0, 64), 0);
	make(&f, 2000, RTE_TCP_SYN_FLAG, 0);
	spoil_sum(&f);
	inject(&f);
	inject_syn(2001);
	poll(2);
	stop_and_read(0);
	CU_ASSERT_STRING_EQUAL(file.name, t.port->under->name);
	CU_ASSERT_EQUAL_FATAL(file.nb_packets, 3);
	CU_ASSERT_STRING_EQUAL(file.packets[0].comments[0], "dropped: RxBadChecksum");
	CU_ASSERT_EQUAL(file.packets[1].nb_comments, 0);
	pcapng_free(&file);
	/* It hands up another mbuf. */
	CU_ASSERT_EQUAL(start(0, 64), 0);
	inject_syn(2002);
	{
		struct rte_mbuf *m, *to = mbuf_of(&f);

		CU_ASSERT_EQUAL(t.port->under->rx_burst(t.port->under, 0, &m, 1), 1);
		port_capture_moved(t.port->under->capture, m, to);
		rte_pktmbuf_free(m);
		stack_drop(t.stack, t.port, to, CNT_RX_MALFORMED);
	}
	stop_and_read(0);
	CU_ASSERT_EQUAL_FATAL(file.nb_packets, 1);
	CU_ASSERT_STRING_EQUAL(file.packets[0].comments[0], "dropped: RxMalformed");
	pcapng_free(&file);
	end();
	memset(&t.d, 0, sizeof(t.d));
	eth_double_make(&t.d);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(t.d.port_id, NULL, &rings), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(rings, &nc, &rings), 0);
	CU_ASSERT_EQUAL(start_at(rings, path, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_port_close(rings), 0);
	eth_double_end(&t.d);
	/* One that was captured before: the stack's thread leaves it alone, and its end comes. */
	memset(&t.d, 0, sizeof(t.d));
	eth_double_make(&t.d);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(t.d.port_id, NULL, &rings), 0);
	CU_ASSERT_EQUAL(start_at(rings, path, 0), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(rings, &nc, &rings), 0);
	CU_ASSERT_PTR_NULL(port_capture_of(rings));
	CU_ASSERT_EQUAL(rtls_port_close(rings), 0);
	CU_ASSERT_TRUE(pcapng_read(&file, path));
	CU_ASSERT_EQUAL(file.nb_stats, 1);
	pcapng_free(&file);
	eth_double_end(&t.d);
}

/* Again and again, while packets come. */
static void
test_under_traffic(void)
{
	unsigned int total = 0;

	begin(false);
	for (unsigned int round = 0; round < 30; round++) {
		inject_syn((uint16_t)(2000 + 3 * round));
		CU_ASSERT_EQUAL(start(0, 64), 0);
		poll(round % 3);
		inject_syn((uint16_t)(2001 + 3 * round));
		poll(1);
		inject_syn((uint16_t)(2002 + 3 * round));
		stop_and_read(0);
		poll(1);
		CU_ASSERT_EQUAL(file.received, file.nb_packets);
		total += file.nb_packets;
		pcapng_free(&file);
	}
	/* Two SYNs and their answers in each round; the third came too late. */
	CU_ASSERT_EQUAL(total, 30 * 4);
	end();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what finds no room is counted", test_no_room },
		{ "a full disk ends the capture, and nothing else", test_full_disk },
		{ "so does a limit for files", test_file_limit },
		{ "what cannot be captured changes nothing", test_refused },
		{ "a port that is closed ends its capture", test_close },
		{ "of a NIC in software it is the port under it", test_nic },
		{ "it starts and stops under traffic", test_under_traffic },
	};

	return run("capture-life", cases, HARNESS_COUNT(cases));
}
