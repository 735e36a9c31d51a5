/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/select.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cryptodev.h>

#include "crypto/bench.h"
#include "crypto/libcrypto.h"

/* Those that DPDK can make on any machine, for "auto". */
static const char *const drivers[] = { "crypto_aesni_gcm", "crypto_aesni_mb" };

struct contest {
	char best[RTE_CRYPTODEV_NAME_MAX_LEN]; /* "": libcrypto */
	double best_cost;
	const struct cryptodev_conf *conf;
	char costs[160]; /* of all, in words */
	struct crypto_select *select;
};

static void __rte_format_printf(3, 4) add_text(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, size - len, fmt, ap);
	va_end(ap);
}

static void
enter(struct contest *t, const char *name, const struct crypto_provider *p)
{
	struct crypto_select *c = t->select;
	double cost = crypto_bench_run(p);

	if (cost < 0)
		return;
	if (c->nb_candidates < CRYPTO_CANDIDATES_MAX) {
		c->candidates[c->nb_candidates].cost = cost;
		snprintf(c->candidates[c->nb_candidates++].name, sizeof(c->candidates[0].name),
			 "%s", p->name);
	}
	add_text(t->costs, sizeof(t->costs), "%s%s %.2f", t->costs[0] == '\0' ? "" : ", ", p->name,
		 cost);
	if (cost >= t->best_cost)
		return;
	t->best_cost = cost;
	snprintf(t->best, sizeof(t->best), "%s", name);
}

static void
enter_device(struct contest *t, const char *name)
{
	struct cryptodev_conf conf = *t->conf;
	struct cryptodev *c;

	conf.max_keys = 8;
	if (cryptodev_open(name, &conf, &c) != 0)
		return;
	enter(t, name, cryptodev_provider(c));
	cryptodev_close(c);
}

static void
run_contest(struct contest *t)
{
	bool seen[RTE_DIM(drivers)] = { false };
	struct cryptodev_found found;

	enter(t, "", crypto_libcrypto());
	for (uint8_t id = 0; id < RTE_CRYPTO_MAX_DEVS; id++) {
		if (!cryptodev_find(id, &found))
			continue;
		for (size_t i = 0; i < RTE_DIM(drivers); i++)
			seen[i] |= strcmp(found.driver, drivers[i]) == 0;
		enter_device(t, found.name);
	}
	for (size_t i = 0; i < RTE_DIM(drivers); i++)
		if (!seen[i])
			enter_device(t, drivers[i]);
}

static int
use_device(struct crypto_select *c, const char *name, const struct cryptodev_conf *conf)
{
	int rc = cryptodev_open(name, conf, &c->device);

	if (rc != 0)
		return rc;
	fallback_init(&c->fallback, cryptodev_provider(c->device));
	c->provider = &c->fallback.provider;
	snprintf(c->text, sizeof(c->text), "%s (%s)", name,
		 cryptodev_describe(c->device, record_suite_row(0)));
	c->why_len = strlen(c->text);
	return 0;
}

static void
use_best(struct crypto_select *c, const struct cryptodev_conf *conf)
{
	struct contest t = { .best_cost = 1e9, .conf = conf, .select = c };
	bool full;

	run_contest(&t);
	/* It was there, so what fails now is memory for all the keys. */
	full = t.best[0] != '\0' && use_device(c, t.best, conf) != 0;
	if (full)
		add_text(c->text, sizeof(c->text), ", as %s has no room for %u keys", t.best,
			 conf->max_keys);
	else
		add_text(c->text, sizeof(c->text), ", the best of these");
	c->why_len = strlen(c->text);
	if (!full)
		add_text(c->text, sizeof(c->text), " in cycles per byte: %s", t.costs);
}

int
crypto_select_make(struct crypto_select *c, const char *wish, const struct cryptodev_conf *conf)
{
	memset(c, 0, sizeof(*c));
	c->provider = crypto_libcrypto();
	snprintf(c->text, sizeof(c->text), "libcrypto");
	c->why_len = strlen(c->text);
	if (wish == NULL || strcmp(wish, "libcrypto") == 0)
		return 0;
	if (strcmp(wish, "auto") != 0)
		return use_device(c, wish, conf);
	use_best(c, conf);
	return 0;
}

void
crypto_select_fini(struct crypto_select *c)
{
	cryptodev_close(c->device);
	c->device = NULL;
}
