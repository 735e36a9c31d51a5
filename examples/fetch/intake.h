/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The server's answer: what it means, and where its body goes. Knows no socket. */
#ifndef FETCH_INTAKE_H
#define FETCH_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "end.h"
#include "part.h"

struct intake {
	struct answer answer;
	struct part *part; /* borrowed; NULL: nothing of it is kept, as behind an upload */
	bool go_on;        /* the rest of a part was asked for */
	bool begun;        /* the file's bytes are what comes */
	bool said;         /* why it ends was printed by who knew */
	const char *wrong; /* what is, in a few words; NULL: nothing as yet */
};

void intake_init(struct intake *in, struct part *part, bool go_on);

/* False: no more is to come of it. */
bool intake_feed(struct intake *in, const char *bytes, size_t len);

/* The server's close_notify. False: it is not whole. */
bool intake_end(struct intake *in);

/* A whole answer, or one that is wrong: the program's exit code. But for END_OK one sentence is printed. */
enum fetch_end intake_judge(struct intake *in);

#endif
