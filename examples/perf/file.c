/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <rte_common.h>
#include <rte_cycles.h>

#include <recordtls/tls.h>
#include <recordtls/tlsnic.h>

#include "common/say.h"
#include "context.h"
#include "file_client.h"
#include "fileserver/path.h"
#include "fileserver/server.h"
#include "link.h"
#include "phase.h"
#include "report.h"

enum {
	SLICE_BYTES = 4 << 20, /* of files, at most */
	SLICE_REQUESTS = 1000, /* at most */
	WARM_US = 1500000,     /* a server may look twice, a second apart, before it keeps a file */
	PATIENCE_US = 5000000,
	WIRE_MBUFS = 16384,
	IDLE_US = 3600 * 1000000u,
};

struct file {
	const struct options *o;
	struct link link;
	struct rtls_stack *stacks[2]; /* the server's and the clients' */
	SSL_CTX *ctx[2];
	char dir[64]; /* with the one file that is served; empty: not there */
	int root_fd;
	uint8_t *bytes;
	struct server *server;
	struct file_client *client;
	struct series cycles;  /* of the server per request */
	struct series goodput; /* Gbit/s of files, as if the server never waited */
	uint64_t kernel_us;    /* of the thread, while it was measured */
	uint64_t warm_up;      /* requests before that */
	uint64_t requests;
};

/* Cycles of the server's turns in which something was done. */
struct slice {
	uint64_t cycles;
	uint64_t worked_us;
};

/* --- life --------------------------------------------------------------------- */

static bool
write_file(struct file *f)
{
	char path[sizeof(f->dir) + 8];
	FILE *out;
	bool ok;

	f->bytes = malloc(f->o->size);
	if (f->bytes == NULL) {
		say("no memory");
		return false;
	}
	for (uint32_t i = 0; i < f->o->size; i++)
		f->bytes[i] = (uint8_t)(i * 2654435761u >> 24);
	snprintf(f->dir, sizeof(f->dir), "/tmp/recordtls-perf-XXXXXX");
	if (mkdtemp(f->dir) == NULL) {
		say("no directory can be made below /tmp: %s", strerror(errno));
		f->dir[0] = '\0';
		return false;
	}
	snprintf(path, sizeof(path), "%s/file", f->dir);
	out = fopen(path, "w");
	ok = out != NULL && fwrite(f->bytes, 1, f->o->size, out) == f->o->size;
	if (out != NULL && fclose(out) != 0)
		ok = false;
	if (ok && (f->root_fd = path_root(f->dir)) >= 0)
		return true;
	say("the file to serve cannot be made: %s", strerror(errno));
	return false;
}

static void
remove_file(struct file *f)
{
	char path[sizeof(f->dir) + 8];

	if (f->root_fd >= 0)
		close(f->root_fd);
	free(f->bytes);
	if (f->dir[0] == '\0')
		return;
	snprintf(path, sizeof(path), "%s/file", f->dir);
	unlink(path);
	rmdir(f->dir);
}

/* As the file server's program has it: a stack whose sockets are nearly out ends newcomers. */
static struct link_sizes
make_sizes(uint32_t conns)
{
	return (struct link_sizes){
		.max_socks = conns + conns / 8 + 256,
		.nb_medium = conns + 256,
		.nb_large = RTE_MAX(2048u, RTE_MIN(2 * conns, 4096u)),
	};
}

static void
poll_nic(void *nic)
{
	rtls_tlsnic_poll(nic);
}

static bool
make_server(struct file *f)
{
	struct server_conf conf = {
		.stack = f->stacks[0],
		.ctx = f->ctx[0],
		.root_fd = f->root_fd,
		.upload_fd = -1,
		.local = link_addr(0, LINK_PORT),
		.conns = f->o->conns,
		.idle_us = IDLE_US,
		.software = true,
		.cache_files = SERVER_CACHE_FILES,
		.cache_bytes = f->o->read ? 0 : RTE_MAX(f->o->size, (uint32_t)SERVER_CACHE_BYTES),
	};
	int rc = server_open(&conf, &f->server);

	if (rc < 0)
		say("the server cannot be made: %s", strerror(-rc));
	return rc == 0;
}

static bool
make(struct file *f)
{
	struct file_client_conf conf = {
		.local = link_addr(1, 0),
		.remote = link_addr(0, LINK_PORT),
		.conns = f->o->conns,
		.target = "/file",
		.file_len = f->o->size,
	};

	f->link.o = f->o;
	f->link.sizes = make_sizes(f->o->conns);
	if (!write_file(f) || !link_open(&f->link, WIRE_MBUFS))
		return false;
	f->link.step = poll_nic;
	f->link.step_arg = f->link.nic;
	for (int end = 0; end < 2; end++) {
		f->ctx[end] = context_make(f->o, end == 0);
		f->stacks[end] = f->ctx[end] != NULL ? link_stack(&f->link, end) : NULL;
		if (f->stacks[end] == NULL)
			return false;
	}
	conf.stack = f->stacks[1];
	conf.ctx = f->ctx[1];
	conf.file = f->bytes;
	f->client = make_server(f) ? file_client_create(&conf) : NULL;
	return f->client != NULL;
}

static void
destroy(struct file *f)
{
	file_client_destroy(f->client);
	if (f->server != NULL) {
		server_abort(f->server);
		server_close(f->server);
	}
	for (int end = 0; end < 2; end++) {
		if (f->stacks[end] != NULL)
			link_stack_destroy(&f->link, end, f->stacks[end]);
		SSL_CTX_free(f->ctx[end]);
	}
	link_close(&f->link);
	remove_file(f);
	series_free(&f->cycles);
	series_free(&f->goodput);
}

/* --- measuring ---------------------------------------------------------------- */

/* One turn of the server, which counts, one of its NIC and the cable, and one of the clients. */
static bool
turn(struct file *f, struct slice *s)
{
	uint64_t before = rte_rdtsc(), now_us = link_now_us(before);
	bool worked = rtls_stack_poll(f->stacks[0], now_us) != 0;

	worked |= server_turn(f->server, now_us);
	if (worked) {
		s->cycles += rte_rdtsc() - before;
		s->worked_us = now_us;
	} else if (now_us - s->worked_us > PATIENCE_US) {
		say("the server does not answer");
		return false;
	}
	link_step(&f->link);
	return file_client_turn(f->client, now_us);
}

static bool
run_slice(struct file *f, uint64_t requests, struct slice *s)
{
	*s = (struct slice){ .worked_us = link_now_us(rte_rdtsc()) };
	file_client_order(f->client, requests);
	while (file_client_left(f->client) > 0)
		if (!turn(f, s))
			return false;
	return true;
}

static bool
shake_hands(struct file *f)
{
	struct slice s = { .worked_us = link_now_us(rte_rdtsc()) };

	while (file_client_ready(f->client) < f->o->conns)
		if (!turn(f, &s))
			return false;
	return true;
}

static uint64_t
kernel_us(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) != 0)
		return 0;
	return (uint64_t)usage.ru_stime.tv_sec * 1000000 + (uint64_t)usage.ru_stime.tv_usec;
}

static uint64_t
requests_per_slice(const struct file *f)
{
	return RTE_MAX(RTE_MIN((uint64_t)SLICE_BYTES / f->o->size, (uint64_t)SLICE_REQUESTS),
		       (uint64_t)f->o->conns);
}

static bool
warm_up(struct file *f)
{
	uint64_t end_us = link_now_us(rte_rdtsc()) + WARM_US;
	struct slice s;

	for (; link_now_us(rte_rdtsc()) < end_us; f->warm_up += requests_per_slice(f))
		if (!run_slice(f, requests_per_slice(f), &s))
			return false;
	return true;
}

static bool
add(struct file *f, const struct slice *s, uint64_t requests)
{
	double cycles = (double)s->cycles / (double)requests;
	double goodput = 8e-9 * f->o->size * (double)rte_get_tsc_hz() / cycles;

	if (series_add(&f->cycles, cycles) && series_add(&f->goodput, goodput))
		return true;
	say("no memory");
	return false;
}

/* By time, or so many requests: then all slices count, as who counts system calls wants it. */
static bool
run_slices(struct file *f)
{
	struct phase_clock clock = phase_start("file", f->o->seconds);
	uint64_t before_us = kernel_us(), interruptions, n;
	enum phase phase;
	struct slice s;

	do {
		phase = f->o->requests != 0 ? PHASE_LATE : phase_now(&clock);
		interruptions = phase_interruptions();
		n = requests_per_slice(f);
		if (f->o->requests != 0)
			n = RTE_MIN(n, f->o->requests - f->requests);
		if (!run_slice(f, n, &s))
			return false;
		f->requests += n;
		if (phase_counts(phase, interruptions) && !add(f, &s, n))
			return false;
	} while (f->o->requests != 0 ? f->requests < f->o->requests :
				       phase != PHASE_LATE || f->cycles.n < PHASE_LEAST);
	phase_end(&clock);
	f->kernel_us = kernel_us() - before_us;
	return true;
}

static void
tell(struct file *f, json_t *root)
{
	struct summary cycles = series_summary(&f->cycles);
	struct summary goodput = series_summary(&f->goodput);
	double hz = (double)rte_get_tsc_hz();
	double kernel = (double)f->kernel_us * hz / 1e6 / (double)f->requests;

	printf("  %-10s %u bytes, %u conns, %u slices of %u requests\n\n", "file", f->o->size,
	       f->o->conns, f->cycles.n, (unsigned int)requests_per_slice(f));
	printf("  %-34s %9s %9s %9s\n", "", "min", "median", "max");
	report_series("cycles per request", &cycles, "");
	report_series("Gbit/s of files, one core", &goodput, "");
	printf("  %-34s %19.0f\n", "requests per second, one core", hz / cycles.median);
	printf("  %-34s %19.0f\n", "kernel's cycles per request, all threads", kernel);
	json_object_set_new(root, "conns", json_integer(f->o->conns));
	json_object_set_new(root, "requests", json_integer((json_int_t)f->requests));
	json_object_set_new(root, "warm_up_requests", json_integer((json_int_t)f->warm_up));
	report_put(root, "cycles_per_request", cycles.median);
	report_put(root, "cycles_per_request_min", cycles.min);
	report_put(root, "cycles_per_request_max", cycles.max);
	report_put_spread(root, "cycles_per_request", &cycles);
	report_put(root, "requests_per_second", hz / cycles.median);
	report_put(root, "goodput_gbps", goodput.median);
	report_put(root, "kernel_cycles_per_request", kernel);
}

bool
file_run(const struct options *o, json_t *root)
{
	struct file f = { .o = o, .root_fd = -1 };
	bool ok;

	ok = make(&f) && shake_hands(&f) && warm_up(&f) && run_slices(&f);
	if (ok)
		tell(&f, root);
	destroy(&f);
	return ok;
}
