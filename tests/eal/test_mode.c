/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who does the crypto when the first keys are set, for each reason that there is. Data goes both
 * ways in each case.
 */
#include <errno.h>
#include <stdlib.h>

#include "stack/stack.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

static struct device_pair d;

static const struct pair_conf CKSUM = { .caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM };
static const struct pair_conf NO_TCP_CKSUM = { .caps = PORT_CAP_TX_IPV4_CKSUM };

static const struct rte_security_capability nothing[] = {
	{ .action = RTE_SECURITY_ACTION_TYPE_NONE },
};

static void
by_device(void)
{
}

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

static void
features_off(void)
{
	const uint32_t both = RTLS_FEATURE_TLS_TX | RTLS_FEATURE_TLS_RX;

	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[0], 0, both), 0);
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
other_suites(void)
{
	d.dev.o.capabilities = nothing;
}

static void
not_this_connection(void)
{
	d.dev.o.add_rc = -ENOTSUP;
}

static void
table_full(void)
{
	d.dev.o.add_rc = -ENOSPC;
}

static void
add_fails(void)
{
	d.dev.o.add_rc = -EIO;
}

static void
start_fails(void)
{
	d.dev.o.start_rc = -EIO;
}

static void
steering_fails(void)
{
	d.dev.o.steer_rc = -EIO;
}

static void
create_fails(void)
{
	d.dev.o.create_rc = -EIO;
}

/* Reasons: of the device's own are 0. asked: the device knew of it at first. */
static const struct {
	const char *name;
	const struct pair_conf *conf;
	void (*prepare)(void);
	enum rtls_mode_reason why[2];
	bool started[2]; /* and it began with the device */
} rows[] = {
	{ "device", &CKSUM, by_device, { 0, 0 }, { true, true } },
	{ "asked",
	  &CKSUM,
	  ask_software,
	  { RTLS_MODE_REASON_ASKED, RTLS_MODE_REASON_ASKED },
	  { 0 } },
	{ "none",
	  &CKSUM,
	  no_device,
	  { RTLS_MODE_REASON_NO_DEVICE, RTLS_MODE_REASON_NO_DEVICE },
	  { 0 } },
	{ "no TX", &CKSUM, seals_nothing, { RTLS_MODE_REASON_NO_DEVICE, 0 }, { 0, true } },
	{ "no RX", &CKSUM, opens_nothing, { 0, RTLS_MODE_REASON_NO_DEVICE }, { true, 0 } },
	{ "no sum", &NO_TCP_CKSUM, by_device, { RTLS_MODE_REASON_NO_DEVICE, 0 }, { 0, true } },
	{ "off",
	  &CKSUM,
	  features_off,
	  { RTLS_MODE_REASON_FEATURE_OFF, RTLS_MODE_REASON_FEATURE_OFF },
	  { 0 } },
	{ "TX off", &CKSUM, tx_off, { RTLS_MODE_REASON_FEATURE_OFF, 0 }, { 0, true } },
	{ "RX off", &CKSUM, rx_off, { 0, RTLS_MODE_REASON_FEATURE_OFF }, { true, 0 } },
	{ "suites",
	  &CKSUM,
	  other_suites,
	  { RTLS_MODE_REASON_SUITE, RTLS_MODE_REASON_SUITE },
	  { 0 } },
	{ "not this",
	  &CKSUM,
	  not_this_connection,
	  { RTLS_MODE_REASON_SUITE, RTLS_MODE_REASON_SUITE },
	  { 0 } },
	{ "full",
	  &CKSUM,
	  table_full,
	  { RTLS_MODE_REASON_NO_ROOM, RTLS_MODE_REASON_NO_ROOM },
	  { 0 } },
	{ "add", &CKSUM, add_fails, { RTLS_MODE_REASON_REFUSED, RTLS_MODE_REASON_REFUSED }, { 0 } },
	/* rte_security does not hand on why. */
	{ "create",
	  &CKSUM,
	  create_fails,
	  { RTLS_MODE_REASON_SUITE, RTLS_MODE_REASON_SUITE },
	  { 0 } },
	{ "steering", &CKSUM, steering_fails, { 0, RTLS_MODE_REASON_REFUSED }, { true, 0 } },
	{ "start",
	  &CKSUM,
	  start_fails,
	  { RTLS_MODE_REASON_REFUSED, RTLS_MODE_REASON_REFUSED },
	  { 0 } },
};

static const char *const reasons[RTLS_MODE_REASON_MAX] = {
	[RTLS_MODE_REASON_ASKED] = "SoftwareAsked",
	[RTLS_MODE_REASON_NO_DEVICE] = "SoftwareNoDevice",
	[RTLS_MODE_REASON_FEATURE_OFF] = "SoftwareFeatureOff",
	[RTLS_MODE_REASON_SUITE] = "SoftwareSuite",
	[RTLS_MODE_REASON_NO_ROOM] = "SoftwareNoRoom",
	[RTLS_MODE_REASON_REFUSED] = "SoftwareRefused",
	[RTLS_MODE_REASON_LOST] = "SoftwareLost",
	[RTLS_MODE_REASON_DOWN] = "SoftwareDown",
};

static void
count_reasons(size_t row)
{
	const enum rtls_mode_reason *why = rows[row].why;

	for (int r = RTLS_MODE_REASON_ASKED; r < RTLS_MODE_REASON_MAX; r++)
		CU_ASSERT_EQUAL(device_pair_stat(&d, reasons[r]),
				(uint64_t)(why[0] == (unsigned int)r) +
					(why[1] == (unsigned int)r));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsTxDevice"), rows[row].started[0]);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsRxDevice"), rows[row].started[1]);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsTxSw"), !rows[row].started[0]);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsRxSw"), !rows[row].started[1]);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxDevice"), why[0] == 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxDevice"), why[1] == 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxSw"), why[0] != 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxSw"), why[1] != 0);
}

/* Only what went wrong is told of, not what was never asked for. */
static void
log_reasons(size_t row)
{
	const enum rtls_mode_reason *why = rows[row].why;
	bool full = why[0] == RTLS_MODE_REASON_NO_ROOM || why[1] == RTLS_MODE_REASON_NO_ROOM;
	bool refused = why[0] == RTLS_MODE_REASON_REFUSED || why[1] == RTLS_MODE_REASON_REFUSED;

	CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_FULL), full);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_DEVICE_REFUSED), refused);
	CU_ASSERT_EQUAL(log_tap_lines(), full || refused);
}

static bool
is_as(size_t row, enum rtls_dir dir)
{
	enum rtls_mode_reason why = rows[row].why[dir];

	return device_pair_is(&d, dir, why == 0 ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE, why);
}

static void
test_reasons(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct offload_device device;

		printf("# %s\n", rows[i].name);
		device_pair_init(&d, rows[i].conf);
		device = d.p.port[0]->tls;
		device_pair_connect(&d);
		rows[i].prepare();
		CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NONE, RTLS_MODE_REASON_NONE));
		device_pair_exchange(&d, 50);
		log_tap_start(RTE_LOG_NOTICE);
		device_pair_keys(&d, 0);
		device_pair_keys(&d, 1);
		CU_ASSERT(is_as(i, RTLS_TX) && is_as(i, RTLS_RX));
		log_reasons(i);
		log_tap_end();
		device_pair_exchange(&d, 20000);
		CU_ASSERT(is_as(i, RTLS_TX) && is_as(i, RTLS_RX));
		count_reasons(i);
		CU_ASSERT_EQUAL(device_pair_stat(&d, "TxBytesNic") > 0, rows[i].why[0] == 0);
		device_pair_exchange(&d, 20);
		d.p.port[0]->tls = device;
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

static int
no_seal_keys(const struct crypto_provider *p, const struct record_suite *s, enum crypto_dir dir,
	     const uint8_t *key, struct crypto_key **out)
{
	(void)p;
	return dir == CRYPTO_SEAL ?
		       -ENOMEM :
		       crypto_libcrypto()->key_create(crypto_libcrypto(), s, dir, key, out);
}

/* Without a key that undoes what the device does it does nothing. */
static void
test_no_memory(void)
{
	struct crypto_provider provider = *crypto_libcrypto();

	provider.key_create = no_seal_keys;
	device_pair_init(&d, NULL);
	device_pair_connect(&d);
	d.k[0]->rx.provider = &provider;
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
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
		{ "no room for sessions", test_no_sessions },
		{ "no memory", test_no_memory },
	};

	if (eal_start("mode") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/mode", cases, HARNESS_COUNT(cases));
}
