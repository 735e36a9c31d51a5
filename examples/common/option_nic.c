/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What kind of NIC the one in software is: words of the library, with commas between them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <recordtls/names.h>
#include <recordtls/tlsnic.h>

#include "options.h"
#include "say.h"

enum {
	FAULT_EVERY = 64, /* as the help text says */
	WORDS_LEN = 512,
};

static bool
is_word(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && memcmp(name, word, len) == 0;
}

/* One word. False: it is no method, or there is one of its direction already. */
static bool
take_method(struct option_nic *nic, const char *word, size_t len)
{
	for (uint8_t m = RTLS_TLS_RX_NONE + 1; m <= RTLS_TLS_RX_STACK; m++)
		if (is_word(rtls_tls_rx_method_name(m), word, len) && nic->rx_method == 0) {
			nic->rx_method = m;
			return true;
		}
	for (uint8_t m = RTLS_TLS_TX_NONE + 1; m <= RTLS_TLS_TX_NEXT_RECORD; m++)
		if (is_word(rtls_tls_tx_method_name(m), word, len) && nic->tx_method == 0) {
			nic->tx_method = m;
			return true;
		}
	return false;
}

static bool
take_fault(struct option_nic *nic, const char *word, size_t len)
{
	for (unsigned int f = 0; f < RTLS_TLSNIC_FAULTS; f++)
		if (is_word(rtls_tlsnic_fault_name(f), word, len)) {
			nic->faults |= 1u << f;
			return true;
		}
	return false;
}

/* Words up to end. */
static bool
take_words(struct option_nic *nic, const char *text, const char *end,
	   bool (*take)(struct option_nic *nic, const char *word, size_t len))
{
	for (;;) {
		size_t len = strcspn(text, ",:");

		if (!take(nic, text, len))
			return false;
		text += len;
		if (text == end)
			return true;
		if (*text++ != ',')
			return false;
	}
}

bool
option_nic_method(const struct option_row *row, const char *text, void *out)
{
	struct option_nic *nic = out;

	nic->rx_method = nic->tx_method = 0;
	if (take_words(nic, text, text + strlen(text), take_method))
		return true;
	say("--%s takes a method for receiving, one for sending, or both, such as "
	    "stack,next_record, not '%s'; try --help",
	    row->name, text);
	return false;
}

/* Decimal digits, from text on, of a number up to max; NULL: there is none, else what is behind it. */
static const char *
read_number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return NULL;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *out <= max ? end : NULL;
}

/* Behind the kinds: nothing, :N or :N:SEED. */
static bool
read_chances(const char *text, struct option_nic *nic)
{
	uint64_t every = FAULT_EVERY;

	if (*text == ':')
		text = read_number(text + 1, UINT32_MAX, &every);
	if (text != NULL && *text == ':')
		text = read_number(text + 1, UINT64_MAX, &nic->fault_seed);
	nic->fault_every = (uint32_t)every;
	return text != NULL && *text == '\0' && every != 0;
}

bool
option_nic_fault(const struct option_row *row, const char *text, void *out)
{
	struct option_nic *nic = out;
	const char *end = text + strcspn(text, ":");

	nic->faults = 0;
	nic->fault_seed = 0;
	if (take_words(nic, text, end, take_fault) && read_chances(end, nic)) {
		if (nic->fault_seed == 0)
			nic->fault_seed = option_draw_seed();
		return true;
	}
	say("--%s takes faults, once in how many chances, and a seed, such as context_lost,reset:500:7, "
	    "not '%s'; try --help",
	    row->name, text);
	return false;
}

void
option_nic_say_faults(const struct option_nic *nic)
{
	char words[WORDS_LEN] = "";
	size_t len = 0;

	for (unsigned int f = 0; f < RTLS_TLSNIC_FAULTS && len < sizeof(words); f++)
		if ((nic->faults >> f & 1) != 0)
			len += (size_t)snprintf(words + len, sizeof(words) - len, "%s%s",
						len > 0 ? "," : "", rtls_tlsnic_fault_name(f));
	if (nic->faults != 0)
		say("faults: %s, every %" PRIu32 ", seed %" PRIu64 "; --nic-fault %s:%" PRIu32
		    ":%" PRIu64 " repeats them",
		    words, nic->fault_every, nic->fault_seed, words, nic->fault_every,
		    nic->fault_seed);
}
