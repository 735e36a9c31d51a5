/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/admit.h"

enum { FREE_SHARE = 16 };

static enum admit_stage
heard(enum admit_stage stage)
{
	switch (stage) {
	case ADMIT_SILENT:
		return ADMIT_NONE;
	case ADMIT_TLS_SILENT:
		return ADMIT_TLS;
	case ADMIT_NONE:
	case ADMIT_TLS:
	case ADMIT_OURS:
	case ADMIT_LINGER:
		return stage;
	}
	return stage;
}

static enum admit_stage
guarded(enum admit_stage stage)
{
	switch (stage) {
	case ADMIT_NONE:
		return ADMIT_TLS; /* it has spoken already */
	case ADMIT_SILENT:
		return ADMIT_TLS_SILENT;
	case ADMIT_TLS_SILENT:
	case ADMIT_TLS:
	case ADMIT_OURS:
	case ADMIT_LINGER:
		return stage;
	}
	return stage;
}

enum admit_stage
admit_step(enum admit_stage stage, enum admit_event event)
{
	if (stage == ADMIT_LINGER)
		return stage;
	switch (event) {
	case ADMIT_OPENED:
		return ADMIT_SILENT;
	case ADMIT_HEARD:
		return heard(stage);
	case ADMIT_GUARDED:
		return guarded(stage);
	case ADMIT_BEGUN:
		return stage == ADMIT_NONE ? ADMIT_OURS : stage;
	case ADMIT_FINISHED:
		return ADMIT_NONE;
	case ADMIT_LINGERS:
		return ADMIT_LINGER;
	}
	return stage;
}

static uint64_t
behind(uint64_t since_us, uint32_t in_us)
{
	return in_us == UINT32_MAX ? UINT64_MAX : since_us + in_us;
}

uint64_t
admit_deadline(const struct admit *a)
{
	uint32_t first_us = a->conf.first_byte_us, all_us = a->conf.handshake_us;
	uint64_t first, all;

	all = behind(a->since_us, all_us != 0 ? all_us : ADMIT_HANDSHAKE_US);
	switch ((enum admit_stage)a->stage) {
	case ADMIT_SILENT:
		return behind(a->since_us, first_us != 0 ? first_us : UINT32_MAX);
	case ADMIT_TLS_SILENT:
		first = behind(a->since_us, first_us != 0 ? first_us : ADMIT_FIRST_BYTE_US);
		return first < all ? first : all;
	case ADMIT_TLS:
	case ADMIT_OURS:
		return all;
	case ADMIT_NONE:
	case ADMIT_LINGER:
		break;
	}
	return UINT64_MAX;
}

bool
admit_is_tight(uint32_t places, uint32_t in_use, uint32_t leaving)
{
	uint32_t kept = (places + FREE_SHARE - 1) / FREE_SHARE;

	uint32_t left = places - in_use;

	if (left == 0 && leaving > 0)
		return false;
	return left + leaving <= kept;
}
