/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A scoreboard in the plainest form, a state and a time per byte, beside the one under test. Each event
 * goes to both, and what both say then is compared byte by byte.
 *
 * Where the board may give up detail, as it has no span left, the model checks that it had to, and that
 * it erred on the safe side; then it takes over what the board says, so that the next comparison is
 * exact again.
 */
#ifndef RTLS_UNIT_TCP_BOARD_MODEL_H
#define RTLS_UNIT_TCP_BOARD_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/board.h"

enum { BOARD_MODEL_LEN = 1024 };

struct board_model_byte {
	uint32_t sent_us;
	uint8_t state;
	bool rexmit;
	bool unknown; /* nothing is said of its time but "not later" */
};

struct board_model {
	struct tcp_board *board;
	uint64_t una, max;
	uint64_t fack; /* end of the highest byte that is there */
	uint32_t now_us;
	uint32_t blur_us;          /* the most that was allowed since the start */
	bool short_once;           /* from then on sendings may have been mixed */
	struct tcp_delivered got;  /* what the board says of this ACK, while there is one */
	struct tcp_delivered want; /* and what is right */
	const char *wrong;         /* the first thing that was: NULL */
	const struct board_model_byte *was;          /* in a block of SACK, before that */
	struct board_model_byte at[BOARD_MODEL_LEN]; /* by offset, modulo */
};

void board_model_init(struct board_model *m, struct tcp_board *b, uint32_t cap, uint64_t off,
		      uint32_t now_us);

/* Room for that many new bytes. */
uint32_t board_model_room(const struct board_model *m);
struct board_model_byte *board_model_byte(struct board_model *m, uint64_t off);

void board_model_sent(struct board_model *m, uint64_t off, uint32_t len, uint32_t rtt_us);
void board_model_heard(struct board_model *m);
void board_model_ack(struct board_model *m, uint64_t una);
void board_model_sack(struct board_model *m, uint64_t start, uint64_t end);
/* The ACK is over: what it said is compared. */
void board_model_heard_all(struct board_model *m);
void board_model_overdue(struct board_model *m, uint32_t rack_us, uint64_t rack_end,
			 uint32_t wait_us);
void board_model_lose(struct board_model *m, uint64_t start, uint64_t end);
void board_model_lose_all(struct board_model *m);
void board_model_forget_sacked(struct board_model *m);
void board_model_unlose(struct board_model *m);
/* It goes on in another board. */
void board_model_move(struct board_model *m, struct tcp_board *to, uint32_t cap);

/* What both are asked. */
struct tcp_range board_model_next_lost(struct board_model *m, uint64_t from, uint32_t len);
struct tcp_range board_model_tail(struct board_model *m, uint32_t len);

#endif
