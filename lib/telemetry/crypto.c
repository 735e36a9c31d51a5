/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* /recordtls/crypto: who computes for a stack, and why that one. */
#include <stdio.h>

#include "stack/state.h"
#include "telemetry/answer.h"
#include "telemetry/params.h"

struct view {
	char provider[RTE_CRYPTODEV_NAME_MAX_LEN];
	char text[sizeof(((struct crypto_select *)NULL)->text)];
	bool device;
	uint64_t fallback[FALLBACK_REASONS];
	struct crypto_candidate candidates[CRYPTO_CANDIDATES_MAX];
	uint32_t nb_candidates;
};

static bool
visit(struct rtls_stack *s, void *arg)
{
	struct view *v = arg;

	snprintf(v->provider, sizeof(v->provider), "%s", s->crypto.provider->name);
	/* All of it does not fit in a string; what the costs are is below "measured". */
	snprintf(v->text, sizeof(v->text), "%.*s", (int)s->crypto.why_len, s->crypto.text);
	v->device = s->crypto.device != NULL;
	memcpy(v->fallback, s->crypto.fallback.keys, sizeof(v->fallback));
	memcpy(v->candidates, s->crypto.candidates, sizeof(v->candidates));
	v->nb_candidates = s->crypto.nb_candidates;
	return false;
}

/* rte_telemetry has whole numbers only. */
static void
put_candidates(struct rte_tel_data *d, const struct view *v)
{
	struct rte_tel_data *all = answer_dict();

	for (uint32_t i = 0; all != NULL && i < v->nb_candidates; i++) {
		const struct crypto_candidate *c = &v->candidates[i];
		struct rte_tel_data *one = answer_dict();
		char number[8];

		if (one == NULL)
			break;
		snprintf(number, sizeof(number), "%u", i);
		answer_text(one, "name", c->name);
		rte_tel_data_add_dict_uint(one, "millicycles_per_byte",
					   (uint64_t)(c->cost * 1000 + 0.5));
		answer_put(all, number, one);
	}
	answer_put(d, "measured", all);
}

static int
crypto(const char *cmd, const char *text, struct rte_tel_data *d)
{
	static const struct params_want want = { .usage = "STACK, a number or name", .nb_pos = 1 };
	struct params p;
	uint32_t stack;
	struct view v;
	int rc;

	(void)cmd;
	if (!params_read(&p, &want, text, d) || !params_stack(&p, &stack, d))
		return 0;
	rc = registry_visit(stack, visit, &v);
	if (rc != 0)
		return answer_unvisited(d, stack, rc);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_uint(d, "stack", stack);
	answer_text(d, "provider", v.provider);
	answer_text(d, "kind", v.device ? "cryptodev" : "libcrypto");
	answer_text(d, "choice", v.text);
	put_candidates(d, &v);
	rte_tel_data_add_dict_uint(d, "keys_fallback_suite", v.fallback[FALLBACK_SUITE]);
	rte_tel_data_add_dict_uint(d, "keys_fallback_no_room", v.fallback[FALLBACK_NO_ROOM]);
	return 0;
}

RTE_INIT(telemetry_crypto)
{
	rte_telemetry_register_cmd("/recordtls/crypto", crypto,
				   "Who computes for a stack. Parameters: STACK");
}
