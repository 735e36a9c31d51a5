/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include <recordtls/names.h>

#include "common/say.h"
#include "json/stats_json.h"
#include "ss_line.h"

void
report_peer(const struct options *o)
{
	char at[RTLS_ADDR_TEXT] = "";

	rtls_addr_format(&o->url.addr, at, sizeof(at));
	say("connecting with %s at %s", o->url.host, at);
}

/* Whose records a direction's are; NULL-safe, as OpenSSL may keep them. */
static const char *
who(const struct rtls_tls_info *info)
{
	return info->suite == NULL ? "openssl" : rtls_mode_name(info->mode);
}

static json_t *
direction(const struct rtls_tls_info *info)
{
	return json_pack("{s:s, s:s, s:s?, s:s?, s:I}", "by", who(info), "reason",
			 rtls_mode_reason_name(info->reason), "suite", info->suite, "provider",
			 info->provider, "keys", (json_int_t)info->epoch);
}

static void
print_json(const struct transfer *t, const struct rtls_stack *stack, uint64_t took_us)
{
	json_t *root = json_pack(
		"{s:i, s:I, s:I, s:f, s:s, s:s, s:s?, s:b, s:i, s:o, s:o, s:o}", "status",
		t->intake.answer.status, "received", (json_int_t)t->intake.answer.body_len, "sent",
		(json_int_t)t->source.off, "seconds", (double)took_us / 1e6, "version", t->version,
		"suite", t->suite, "group", t->group, "resumed", (int)t->resumed, "key_updates",
		(int)t->key_updates, "tx", direction(&t->info[RTLS_TX]), "rx",
		direction(&t->info[RTLS_RX]), "stats", stats_json(stack, NULL));
	char *text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;

	if (text != NULL)
		puts(text);
	free(text);
	json_decref(root);
}

void
report(const struct options *o, const struct transfer *t, const struct rtls_stack *stack,
       uint64_t took_us)
{
	char line[SS_LINE];

	if (o->verbose) {
		say("%" PRIu64 " bytes %s in %.2f s; records sent by %s, received by %s",
		    transfer_done(t), o->upload != NULL ? "sent" : "received",
		    (double)took_us / 1e6, who(&t->info[RTLS_TX]), who(&t->info[RTLS_RX]));
		ss_line(line, &t->tcp, &t->stats);
		say("%s", line);
	}
	if (o->json)
		print_json(t, stack, took_us);
}
