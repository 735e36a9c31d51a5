/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* An HTTP/1.1 answer (RFC 9112), whose body goes to somebody else. Knows no socket. */
#ifndef FETCH_ANSWER_H
#define FETCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <llhttp.h>

enum {
	ANSWER_HEAD_MAX =
		65536, /* bytes of an answer's heads and trailers, beside eight for each of the body */
	ANSWER_FIELD_MAX = 20,  /* of a field's name, as far as it matters */
	ANSWER_VALUE_MAX = 512, /* of its value */
};

#define ANSWER_UNKNOWN UINT64_MAX

/* Takes a piece of the body of the answer. Not 0: no more is taken. */
typedef int (*answer_body)(void *user, const char *bytes, size_t len);

struct answer {
	llhttp_t parser;
	answer_body body;
	void *user;
	int status;        /* 0: its head is not complete yet */
	bool may_send;     /* 100 (Continue) came */
	bool done;         /* all of it is there */
	bool coded;        /* its body is no file, but something made of it */
	const char *why;   /* it was refused; NULL: not by what it says */
	uint64_t head_len; /* bytes that are no body, so far */
	uint64_t body_len; /* bytes of the body, so far */
	uint64_t length;   /* of the body; ANSWER_UNKNOWN: it is as long as it is */
	/* Content-Range (RFC 9110 14.4); both ANSWER_UNKNOWN without */
	uint64_t range_first;
	uint64_t range_total;
	time_t date; /* 0: none */
	time_t last_modified;
	char location[ANSWER_VALUE_MAX]; /* what can be printed of it; empty: none */
	size_t name_len;
	size_t value_len;
	char name[ANSWER_FIELD_MAX + 1];
	char value[ANSWER_VALUE_MAX];
};

void answer_init(struct answer *a, answer_body body, void *user);

/* NULL, or in a few words why these bytes are no answer; then nothing more is to be given to it. */
const char *answer_feed(struct answer *a, const char *bytes, size_t len);

/* The connection's end, which may be the answer's. False: it is not whole. */
bool answer_end(struct answer *a);

#endif
