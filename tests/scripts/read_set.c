/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/read_set.h"

enum setting {
	SET_MSS,
	SET_ROOM,
	SET_ISS,
	SET_IRS,
	SET_RTO_MIN,
	SET_TIME_WAIT,
	SET_USER_TIMEOUT,
	SET_KEEP_IDLE,
	SET_MAX_SEG,
	SET_FLIGHT,
	SET_CC,
	SET_CUT,
	SET_PACING,
	SET_MAX_RATE,
	SET_HALF_OPEN,
	SETTINGS,
};

static bool
set_us(struct words *w, const char *what, uint32_t *us)
{
	uint64_t v = 0;
	bool ok = words_seconds(w, what, UINT32_MAX / 1000000 * UINT64_C(1000000), &v);

	*us = (uint32_t)v;
	return ok;
}

static bool
set_number(struct words *w, const char *what, int64_t min, int64_t max, uint32_t *out)
{
	int64_t v = 0;
	bool ok = words_number(w, what, min, max, &v);

	*out = (uint32_t)v;
	return ok;
}

static bool
set_room(struct words *w, const char *what, struct script_conf *conf)
{
	conf->grows = words_are(w, "grows");
	return conf->grows || set_number(w, what, 1, SCRIPT_BYTES_MAX, &conf->room);
}

static bool
set_cc(struct words *w, const char *what, enum script_cc *cc)
{
	static const char *const words[] = { "cubic", "newreno" };
	uint32_t i = 0;
	bool ok = words_one_of(w, what, words, 2, &i);

	*cc = (enum script_cc)i;
	return ok;
}

bool
read_set(struct words *w, struct script_conf *conf)
{
	static const char *const words[SETTINGS] = {
		"mss",       "room",         "iss",       "irs",      "rto-min",
		"time-wait", "user-timeout", "keep-idle", "max-seg",  "flight",
		"cc",        "cut",          "pacing",    "max-rate", "half-open",
	};
	bool ok = false;
	uint32_t i;

	if (!words_one_of(w, "set", words, SETTINGS, &i))
		return false;
	switch ((enum setting)i) {
	case SET_MSS:
		ok = set_number(w, words[i], 88, 8960, &conf->mss);
		break;
	case SET_ROOM:
		ok = set_room(w, words[i], conf);
		break;
	case SET_ISS:
		ok = set_number(w, words[i], 0, UINT32_MAX, &conf->iss);
		break;
	case SET_IRS:
		ok = set_number(w, words[i], 0, UINT32_MAX, &conf->irs);
		break;
	case SET_MAX_SEG:
		ok = set_number(w, words[i], 1, UINT16_MAX, &conf->max_seg);
		break;
	case SET_FLIGHT:
		ok = set_number(w, words[i], 0, 1024, &conf->flight_spans);
		break;
	case SET_CUT:
		ok = set_number(w, words[i], 1, UINT16_MAX, &conf->cut);
		break;
	case SET_CC:
		ok = set_cc(w, words[i], &conf->cc);
		break;
	case SET_RTO_MIN:
		ok = set_us(w, words[i], &conf->rto_min_us);
		break;
	case SET_TIME_WAIT:
		ok = set_us(w, words[i], &conf->time_wait_us);
		break;
	case SET_USER_TIMEOUT:
		ok = set_us(w, words[i], &conf->user_timeout_us);
		break;
	case SET_KEEP_IDLE:
		ok = set_us(w, words[i], &conf->keep_idle_us);
		break;
	case SET_PACING:
		ok = conf->pacing = true;
		break;
	case SET_MAX_RATE:
		ok = set_number(w, words[i], 1, UINT32_MAX, &conf->max_rate);
		break;
	case SET_HALF_OPEN:
		ok = set_number(w, words[i], 0, SCRIPT_HALF_OPEN_MAX, &conf->half_open);
		break;
	case SETTINGS:
		break;
	}
	return ok && words_end(w);
}
