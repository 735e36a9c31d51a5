/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* HTTP/1.1 requests (RFC 9112) and the heads of their answers. Knows no socket. */
#ifndef FILESERVER_HTTP_H
#define FILESERVER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <llhttp.h>

enum {
	HTTP_TARGET_MAX = 4096,
	HTTP_HEAD_MAX = 16384,  /* bytes of a request's head */
	HTTP_ANSWER_MAX = 1024, /* bytes of an answer's head, and of the text of an error */
};

#define HTTP_UNKNOWN UINT64_MAX

/* Takes a piece of a request's body. 0, or what to answer: no more is taken. */
typedef int (*http_body)(void *user, const char *bytes, size_t len);

struct http_request {
	llhttp_t parser;
	/* 0: not complete yet; 100: a PUT whose body follows; 200: do what it asks; else what to answer */
	int status;
	bool may_put;      /* set behind http_init() where PUT is taken */
	bool put;          /* PUT, or GET and HEAD */
	bool expects;      /* the client waits for 100 (Continue) before it sends the body */
	uint64_t body_len; /* HTTP_UNKNOWN: it is as long as it is */
	uint64_t body_off; /* bytes of it that were taken */
	http_body body;    /* NULL: none is taken */
	void *user;
	bool head;         /* HEAD: no body in the answer */
	bool keep_alive;   /* another request may follow on this connection */
	uint8_t hosts;     /* Host fields */
	uint8_t field_len; /* of the field's name that is being read, as far as it matters */
	uint8_t value_len;
	bool unfit; /* a field that PUT cannot have (RFC 9110 14.5) */
	bool unmet; /* an expectation that nobody meets */
	bool coded; /* what comes is no file, but something made of it (RFC 9112 6.1) */
	char field[18];
	char value[13];
	uint64_t head_len; /* bytes of this request that are no body, so far */
	uint16_t target_len;
	char target[HTTP_TARGET_MAX + 1];
};

void http_init(struct http_request *r);

/*
 * Takes bytes up to the end of one request; returns how many. Afterwards
 * status is not 0 when the request is complete, and nothing more is taken
 * before http_next().
 */
size_t http_feed(struct http_request *r, const char *bytes, size_t len);

/* With status 100: on with the body, in http_feed(); status is 0 again. */
void http_take(struct http_request *r, http_body body, void *user);

/* On to the next request on the same connection. */
void http_next(struct http_request *r);

/* Where the answer is to go. */
struct http_answer {
	int status;
	bool head;
	bool keep_alive;
	bool may_put;
	uint64_t length; /* bytes of the body of a 200 */
	const char *type;
};

/* Writes the head, and the text of an error (not for HEAD). Returns the length. */
size_t http_write(char out[HTTP_ANSWER_MAX], const struct http_answer *a);

/* The media type by the name's ending. */
const char *http_type(const char *name);

#endif
