/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who does the crypto, for each reason that there is: when the first keys are set, when the device
 * answers later, when the program asks again. Data goes both ways in each case.
 */
#include <errno.h>
#include <stdlib.h>

#include "crypto/libcrypto.h"
#include "stack/state.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

/* In short; 0: it is with the device. */
enum {
	ASKED = RTLS_MODE_REASON_ASKED,
	NO_DEVICE = RTLS_MODE_REASON_NO_DEVICE,
	OFF = RTLS_MODE_REASON_FEATURE_OFF,
	SUITE = RTLS_MODE_REASON_SUITE,
	NO_ROOM = RTLS_MODE_REASON_NO_ROOM,
	REFUSED = RTLS_MODE_REASON_REFUSED,
};

static struct device_pair d;

static const struct rte_security_capability nothing[] = {
	{ .action = RTE_SECURITY_ACTION_TYPE_NONE },
};

static void
ask_software(void)
{
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE), 0);
}

static void
no_device(void)
{
	d.p.port[0]->tls.sec_ctx = NULL;
}

static void
seals_nothing(void)
{
	d.p.port[0]->tls.caps.tx_method = RTLS_TLS_TX_NONE;
}

static void
opens_nothing(void)
{
	d.p.port[0]->tls.caps.rx_method = RTLS_TLS_RX_NONE;
}

/* Whoever seals writes the checksum. */
static void
no_sum(void)
{
	d.p.port[0]->caps &= ~(uint32_t)PORT_CAP_TX_TCP_CKSUM;
}

static void
tx_off(void)
{
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[0], 0, RTLS_FEATURE_TLS_TX), 0);
}

static void
rx_off(void)
{
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[0], 0, RTLS_FEATURE_TLS_RX), 0);
}

static void
no_identity(void)
{
	d.p.port[0]->tls.caps.rx_identity = 0;
}

static void
no_field(void)
{
	d.p.port[0]->tls.rx_mark_off = -ENOENT;
}

static void
other_suites(void)
{
	d.dev.o.capabilities = nothing;
}

static const struct {
	const char *name;
	void (*prepare)(void);
	int *rc; /* what the device answers, and with what */
	int error;
	unsigned int why[2]; /* by enum rtls_dir */
} rows[] = {
	{ "device", NULL, NULL, 0, { 0, 0 } },
	{ "asked", ask_software, NULL, 0, { ASKED, ASKED } },
	{ "none", no_device, NULL, 0, { NO_DEVICE, NO_DEVICE } },
	{ "no TX", seals_nothing, NULL, 0, { NO_DEVICE, 0 } },
	{ "no RX", opens_nothing, NULL, 0, { 0, NO_DEVICE } },
	{ "no sum", no_sum, NULL, 0, { NO_DEVICE, 0 } },
	{ "TX off", tx_off, NULL, 0, { OFF, 0 } },
	{ "RX off", rx_off, NULL, 0, { 0, OFF } },
	{ "no identity", no_identity, NULL, 0, { 0, RTLS_MODE_REASON_NO_IDENTITY } },
	{ "no field", no_field, NULL, 0, { 0, RTLS_MODE_REASON_NO_FIELD } },
	{ "suites", other_suites, NULL, 0, { SUITE, SUITE } },
	{ "not this", NULL, &d.dev.o.add_rc, -ENOTSUP, { SUITE, SUITE } },
	{ "full", NULL, &d.dev.o.add_rc, -ENOSPC, { NO_ROOM, NO_ROOM } },
	{ "add", NULL, &d.dev.o.add_rc, -EIO, { REFUSED, REFUSED } },
	/* rte_security does not hand on why. */
	{ "create", NULL, &d.dev.o.create_rc, -EIO, { SUITE, SUITE } },
	{ "steering", NULL, &d.dev.o.steer_rc, -EIO, { 0, REFUSED } },
	{ "start", NULL, &d.dev.o.start_rc, -EIO, { REFUSED, REFUSED } },
};

static const struct {
	const char *counter;
	int rc; /* of rtls_set_mode() */
} reasons[RTLS_MODE_REASON_MAX] = {
	[ASKED] = { "SoftwareAsked", 0 },
	[NO_DEVICE] = { "SoftwareNoDevice", -ENOTSUP },
	[OFF] = { "SoftwareFeatureOff", -EPERM },
	[SUITE] = { "SoftwareSuite", -ENOTSUP },
	[NO_ROOM] = { "SoftwareNoRoom", -ENOSPC },
	[REFUSED] = { "SoftwareRefused", -EIO },
	[RTLS_MODE_REASON_LOST] = { "SoftwareLost", 0 },
	[RTLS_MODE_REASON_DOWN] = { "SoftwareDown", 0 },
	[RTLS_MODE_REASON_NO_IDENTITY] = { "SoftwareNoIdentity", -ENOTSUP },
	[RTLS_MODE_REASON_NO_FIELD] = { "SoftwareNoField", -ENOTSUP },
	[RTLS_MODE_REASON_OTHER_PORT] = { "SoftwareOtherPort", 0 },
};

static bool
are(const unsigned int why[2])
{
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++)
		if (!device_pair_is(&d, dir, why[dir] == 0 ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE,
				    why[dir]))
			return false;
	return true;
}

/* began: how many directions of each kind did so with the device. */
static void
check_counts(const unsigned int why[2], const unsigned int began[2])
{
	for (unsigned int r = ASKED; r < RTLS_MODE_REASON_MAX; r++)
		CU_ASSERT_EQUAL(device_pair_stat(&d, reasons[r].counter),
				(uint64_t)(why[0] == r) + (why[1] == r));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsTxDevice"), began[0]);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsRxDevice"), began[1]);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsTxSw"), !began[0]);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsRxSw"), !began[1]);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxDevice"), why[0] == 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxDevice"), why[1] == 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxSw"), why[0] != 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxSw"), why[1] != 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxBytesNic") > 0, why[0] == 0);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), (why[0] == 0) + (why[1] == 0));
}

/* Only what went wrong is told of, not what was never asked for. */
static void
check_log(const unsigned int why[2])
{
	bool full = why[0] == NO_ROOM || why[1] == NO_ROOM;
	bool refused = why[0] == REFUSED || why[1] == REFUSED;

	CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_FULL), full);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_REFUSED), refused);
	CU_ASSERT_EQUAL(log_tap_lines(), full || refused);
}

/* The program asks, is told the same at once, and finds all as it was. */
static void
ask_again(const unsigned int why[2])
{
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++)
		if (why[dir] != ASKED)
			CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], dir, RTLS_MODE_NIC),
					reasons[why[dir]].rc);
	CU_ASSERT(are(why));
	device_pair_exchange(&d, 3000);
	CU_ASSERT(are(why));
	CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), 0);
}

/* Well again, it takes both. */
static void
ask_when_well(void)
{
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++)
		CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], dir, RTLS_MODE_NIC), 0);
	device_pair_exchange(&d, 20000);
	CU_ASSERT(are((const unsigned int[2]){ 0, 0 }));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxDevice"), 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxDevice"), 1);
	CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), 0);
}

static void
run(size_t i)
{
	const unsigned int *why = rows[i].why, began[2] = { why[0] == 0, why[1] == 0 };
	const struct rte_security_capability *capabilities;
	struct offload_device device;
	uint32_t caps;

	device_pair_init(&d, NULL);
	device = d.p.port[0]->tls;
	caps = d.p.port[0]->caps;
	capabilities = d.dev.o.capabilities;
	device_pair_connect(&d);
	CU_ASSERT_EQUAL(rtls_sock_watch(d.k[0], RTLS_MODE, NULL), 0);
	if (rows[i].prepare != NULL)
		rows[i].prepare();
	if (rows[i].rc != NULL)
		*rows[i].rc = rows[i].error;
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NONE, RTLS_MODE_REASON_NONE));
	device_pair_exchange(&d, 50);
	log_tap_start(RTE_LOG_NOTICE);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	CU_ASSERT(are(why));
	check_log(why);
	log_tap_end();
	device_pair_exchange(&d, 20000);
	CU_ASSERT(are(why));
	check_counts(why, began);
	ask_again(why);
	d.p.port[0]->tls = device;
	d.p.port[0]->caps = caps;
	d.dev.o.capabilities = capabilities;
	if (rows[i].rc != NULL)
		*rows[i].rc = 0;
	ask_when_well();
	device_pair_fini(&d);
}

static void
test_reasons(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		printf("# %s\n", rows[i].name);
		run(i);
	}
}

/* The device answers later, or fails then; the program is told of it. */
static void
test_later(void)
{
	static const unsigned int pending[2] = { RTLS_MODE_REASON_PENDING,
						 RTLS_MODE_REASON_PENDING };
	static const unsigned int began[2] = { 1, 1 };
	static const struct {
		int status;
		int *rc;
		unsigned int why[2];
	} later[] = {
		{ 0, NULL, { 0, 0 } },
		{ -ENOSPC, NULL, { NO_ROOM, NO_ROOM } },
		{ -ENOTSUP, NULL, { SUITE, SUITE } },
		{ -EIO, NULL, { REFUSED, REFUSED } },
		{ 0, &d.dev.o.start_rc, { REFUSED, REFUSED } },
		{ 0, &d.dev.o.steer_rc, { 0, REFUSED } },
	};

	for (size_t i = 0; i < HARNESS_COUNT(later); i++) {
		device_pair_init(&d, NULL);
		d.dev.o.add_rc = -EINPROGRESS;
		device_pair_connect(&d);
		CU_ASSERT_EQUAL(rtls_sock_watch(d.k[0], RTLS_MODE, NULL), 0);
		device_pair_keys(&d, 0);
		device_pair_keys(&d, 1);
		device_pair_exchange(&d, 3000);
		CU_ASSERT(are(pending));
		CU_ASSERT_EQUAL(d.dev.nb_notes, 0);
		CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxDevice"), 1);
		CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), 0);
		d.dev.o.add_rc = 0;
		if (later[i].rc != NULL)
			*later[i].rc = -EIO;
		offload_double_answer(&d.dev.o, later[i].status);
		pair_settle(&d.p);
		CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), RTLS_MODE);
		CU_ASSERT(are(later[i].why));
		device_pair_exchange(&d, 20000);
		check_counts(later[i].why, began);
		if (later[i].rc != NULL)
			*later[i].rc = 0;
		ask_when_well();
		device_pair_fini(&d);
	}
}

/* Room for sessions is the device's table, and can run out before that. */
static void
test_no_sessions(void)
{
	void *held[DOUBLE_CONTEXTS];
	struct rte_mempool *pool;

	device_pair_init(&d, NULL);
	pool = d.dev.o.device.sessions;
	CU_ASSERT_EQUAL_FATAL(rte_mempool_get_bulk(pool, held, DOUBLE_CONTEXTS), 0);
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_NO_ROOM));
	rte_mempool_put_bulk(pool, held, DOUBLE_CONTEXTS);
	device_pair_keys(&d, 1);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	device_pair_exchange(&d, 3000);
	device_pair_fini(&d);
}

static bool no_memory; /* for libcrypto */

static void *
libcrypto_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return no_memory ? NULL : malloc(n);
}

static void *
libcrypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return no_memory ? NULL : realloc(p, n);
}

static void
libcrypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* The last thing for which there is memory. */
static int
last_key(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
	 const uint8_t *key, struct crypto_key **out)
{
	int rc = crypto_libcrypto()->key_create(crypto_libcrypto(), s, dir, key, out);

	(void)p;
	no_memory = dir == CRYPTO_OPEN;
	return rc;
}

/* Without a key that undoes what the device does it does nothing. */
static void
test_no_memory(void)
{
	struct crypto_provider provider = *crypto_libcrypto();

	provider.key_create = last_key;
	device_pair_init(&d, NULL);
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	d.k[0]->stack->session.provider = &provider;
	device_pair_keys(&d, 1);
	no_memory = false;
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_REFUSED));
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 1);
	CU_ASSERT_EQUAL(d.dev.o.rules, 0);
	device_pair_exchange(&d, 3000);
	device_pair_fini(&d);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each reason", test_reasons },
		{ "a device that answers later", test_later },
		{ "no room for sessions", test_no_sessions },
		{ "no memory", test_no_memory },
	};

	/* Before libcrypto has any. */
	if (CRYPTO_set_mem_functions(libcrypto_malloc, libcrypto_realloc, libcrypto_free) != 1)
		return EXIT_FAILURE;
	if (eal_start("mode") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/mode", cases, HARNESS_COUNT(cases));
}
