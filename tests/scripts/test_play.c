/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The player: a script that expects what is not so fails, at its line and with a sentence. */
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "scripts/play.h"
#include "support/harness.h"

#define OPEN \
	"from RFC 9293 3.5\n" \
	"+0 call listen\n" \
	"+0 < SYN seq 0 mss 1000 win 50000\n" \
	"+0 > SYN+ACK seq 0 ack 1\n" \
	"+0.1 < ACK seq 1 ack 1 win 50000\n" \
	"+0 call accept\n"
#define SEND OPEN "+0 call send 500\n"
#define TAKE SEND "+0 > ACK seq 1 len 500 ack 1\n"

static const struct {
	const char *text;
	const char *error; /* its beginning; NULL: it is as it should be */
} scripts[] = {
	{ TAKE, NULL },
	{ SEND "+0..1 > ACK seq 1 len 500 ack 1 win 60000\n", NULL },
	{ SEND "+0 > ACK seq 2 len 500 ack 1\n",
	  "8: 'PSH+ACK seq 1 len 500 ack 1 win 60000' is sent; seq should be 2." },
	{ SEND "+0 > ACK seq 1 len 501 ack 1\n",
	  "8: 'PSH+ACK seq 1 len 500 ack 1 win 60000' is sent; len should be 501." },
	{ SEND "+0 > ACK seq 1 len 500 ack 2\n",
	  "8: 'PSH+ACK seq 1 len 500 ack 1 win 60000' is sent; ack should be 2." },
	{ SEND "+0 > ACK seq 1 len 500 ack 1 win 1\n",
	  "8: 'PSH+ACK seq 1 len 500 ack 1 win 60000' is sent; win should be 1." },
	{ SEND "+0 > FIN+ACK seq 1 len 500 ack 1\n",
	  "8: 'PSH+ACK seq 1 len 500 ack 1 win 60000' is sent; its flags should be FIN+ACK." },
	{ SEND "+0 > ACK seq 1 len 500 ack 1 ts 0/0\n",
	  "8: 'PSH+ACK seq 1 len 500 ack 1 win 60000' is sent; the option ts is missing." },
	{ SEND "+0 > ACK seq 1 len 500 ack 1 only\n", NULL },
	{ "from RFC 9293 3.5\n+0 call listen\n+0 < SYN seq 0 mss 1000 sackok\n"
	  "+0 > SYN+ACK seq 0 ack 1 mss 1460 only\n",
	  "4: 'SYN+ACK seq 0 ack 1 win 60000 mss 1460 sackok' is sent; the option sackok is too "
	  "much." },
	{ TAKE "+0 rate 5\n", "9: the rate is 0." },
	{ TAKE "+0 call send 500\n+0 > ACK seq 501 len 500 ack 1\n+0.1 < ACK seq 1 ack 1001\n"
	       "+0 rate 10000\n",
	  NULL },
	{ SEND "+0.1 > ACK seq 1 len 500 ack 1\n",
	  "8: 'PSH+ACK seq 1 len 500 ack 1 win 60000' is sent 0.000000 s behind the last event." },
	{ TAKE "+0.2 > ACK seq 1 len 500 ack 1\n",
	  "9: nothing is sent; 'ACK seq 1 len 500 ack 1' should be." },
	{ TAKE "+0.2 quiet\n", NULL },
	{ TAKE "+0.3 quiet\n",
	  "9: 'PSH+ACK seq 1 len 500 ack 1 win 60000' is sent 0.300000 s behind the last event, and "
	  "is not in the script." },
	{ SEND, "7: 'PSH+ACK seq 1 len 500 ack 1 win 60000' is sent 0.000000 s behind the last "
		"event, and is not in the script." },
	{ SEND "+0 quiet\n", "8: 'PSH+ACK seq 1 len 500 ack 1 win 60000' is sent 0.000000 s behind "
			     "the last event, and is not in the script." },
	{ TAKE "+0 call read 1 = 1\n", "9: 'read' gives -11 (" },
	{ TAKE "+0 call listen = 1\n", "9: 'listen' gives 0 (no error)." },
	{ TAKE "+0 state CLOSED\n", "9: the state is ESTABLISHED." },
	{ TAKE "+0 < ACK seq 1 len 10 ack 1 other\n+0 call read 10\n",
	  "10: byte 1 of the stream is another one." },
	{ TAKE "+0 < ACK seq 1 len 10 ack 1 times 3\n+0 call read 30\n", NULL },
};

static void
test_play(void)
{
	char error[SCRIPT_ERROR_MAX], want[SCRIPT_ERROR_MAX];
	struct script s;

	for (size_t i = 0; i < HARNESS_COUNT(scripts); i++) {
		error[0] = '\0';
		CU_ASSERT_EQUAL_FATAL(script_parse("x.script", scripts[i].text, &s, error), 0);
		CU_ASSERT_EQUAL(play(&s, &s.cases[0], &end_pure, error), scripts[i].error == NULL);
		snprintf(want, sizeof(want), "x.script:%s",
			 scripts[i].error != NULL ? scripts[i].error : "");
		if (scripts[i].error == NULL)
			want[0] = '\0';
		CU_ASSERT_EQUAL(strncmp(error, want, strlen(want)), 0);
		if (strncmp(error, want, strlen(want)) != 0 ||
		    (want[0] == '\0' && error[0] != '\0'))
			printf("# %zu: '%s' instead of '%s'\n", i, error, want);
		script_free(&s);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what is not as expected is said", test_play },
	};
	return harness_run("scripts/play", cases, HARNESS_COUNT(cases));
}
