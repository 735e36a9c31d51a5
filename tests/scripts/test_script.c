/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The parser: what a script says, and for each mistake one sentence with file and line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "scripts/script.h"
#include "support/harness.h"

#define FROM "from RFC 9293 3.5\n"

static const struct {
	const char *text;
	const char *error; /* without the file */
} bad[] = {
	{ "", "0: the script has no events." },
	{ FROM, "1: the script has no events." },
	{ "# nothing\n\n", "2: the script has no events." },
	{ "+0 call listen\n", "1: no line 'from' says what the values come from." },
	{ "from RFC\n", "1: 'from' wants a document and its section." },
	{ "on moon\n", "1: 'on' does not know 'moon'." },
	{ "on\n", "1: 'on' has nothing behind it." },
	{ "on pure\non pure\n", "2: 'on' is there twice." },
	{ "on pure stack\n", "1: 'stack' is too much in this line." },
	{ "set mss\n", "1: 'mss' has no number behind it." },
	{ "set mss 12x\n", "1: 'mss' has '12x' behind it, which is not a number." },
	{ "set mss 8961\n", "1: 'mss' is 8961, which is not from 88 to 8960." },
	{ "set mss -1\n", "1: 'mss' is -1, which is not from 88 to 8960." },
	{ "set iss 4294967296\n", "1: 'iss' is 4294967296, which is not from 0 to 4294967295." },
	{ "set irs 99999999999\n", "1: 'irs' has '99999999999' behind it, which is not a number." },
	{ "set rto-min x\n", "1: 'rto-min' has 'x' behind it, which are no seconds." },
	{ "set rto-min\n", "1: 'rto-min' has no time behind it." },
	{ "set time-wait 5000\n", "1: 'time-wait' is 5000 s, which is more than 4294 s." },
	{ "set speed 3\n", "1: 'set' does not know 'speed'." },
	{ "set cc reno\n", "1: 'cc' does not know 'reno'." },
	{ "set cc\n", "1: 'cc' has nothing behind it." },
	{ "set room big\n", "1: 'room' has 'big' behind it, which is not a number." },
	{ "set room grows 5\n", "1: '5' is too much in this line." },
	{ "set pacing 1\n", "1: '1' is too much in this line." },
	{ "set half-open 9\n", "1: 'half-open' is 9, which is not from 0 to 8." },
	{ "set max-rate 0\n", "1: 'max-rate' is 0, which is not from 1 to 4294967295." },
	{ "set mss 100 200\n", "1: '200' is too much in this line." },
	{ "hello\n", "1: 'hello' begins no line." },
	{ FROM "+0 call listen\nset mss 1000\n", "3: 'set' stands behind an event or a case." },
	{ FROM "case a\nfrom RFC 9293 3\n", "3: 'from' stands behind an event or a case." },
	{ FROM "+ call listen\n", "2: '+' is no time." },
	{ FROM "+-1 call listen\n", "2: '+-1' is no time." },
	{ FROM "+1.1234567 quiet\n", "2: '+1.1234567' is no time." },
	{ FROM "+1. quiet\n", "2: '+1.' is no time." },
	{ FROM "+0..x > ACK seq 1 ack 1\n", "2: '+0..x' is no time." },
	{ FROM "+2..1 > ACK seq 1 ack 1\n", "2: '+2..1' ends before it begins." },
	{ FROM "+100001 quiet\n", "2: '+100001' is too long." },
	{ FROM "+0..1 quiet\n", "2: '+0..1' is a span, which only '>' can have." },
	{ FROM "+0..1 < ACK seq 1 ack 1\n", "2: '+0..1' is a span, which only '>' can have." },
	{ FROM "+0\n", "2: nothing happens at that time." },
	{ FROM "+0 jump\n", "2: 'jump' is no event." },
	{ FROM "+0 quiet please\n", "2: 'please' is too much in this line." },
	{ FROM "+0 call\n", "2: 'call' has nothing behind it." },
	{ FROM "+0 call fork\n", "2: 'call' does not know 'fork'." },
	{ FROM "+0 call send\n", "2: 'send' has no number behind it." },
	{ FROM "+0 call send 0\n", "2: 'send' is 0, which is not from 1 to 1048576." },
	{ FROM "+0 call read 1 = EWHAT\n", "2: '=' has 'EWHAT' behind it, which is not a number." },
	{ FROM "+0 call read 1 =\n", "2: '=' has no number behind it." },
	{ FROM "+0 call listen 5\n", "2: '5' is too much in this line." },
	{ FROM "+0 state\n", "2: 'state' has nothing behind it." },
	{ FROM "+0 state OPEN\n", "2: 'state' does not know 'OPEN'." },
	{ FROM "+0 <\n", "2: a segment has no flags; write 'none' where it has none." },
	{ FROM "+0 < ACK+ seq 1 ack 1\n", "2: 'ACK+' is no set of flags." },
	{ FROM "+0 < S. seq 1 ack 1\n", "2: 'S.' is no set of flags." },
	{ FROM "+0 < ACK+ACK seq 1 ack 1\n", "2: 'ACK+ACK' names a flag twice." },
	{ FROM "+0 < ACK ack 1\n", "2: a segment says no 'seq'." },
	{ FROM "+0 < ACK seq 1\n", "2: a segment with the flag ACK says no 'ack'." },
	{ FROM "+0 < RST+ACK seq 1\n", "2: a segment with the flag ACK says no 'ack'." },
	{ FROM "+0 > FIN+ACK seq 1\n", "2: a segment with the flag ACK says no 'ack'." },
	{ FROM "+0 > RST seq 1 ack 1\n",
	  "2: 'ack' is expected of a segment without the flag ACK." },
	{ FROM "+0 > RST seq 1 len 1\n", "2: a RST is expected with payload." },
	{ FROM "+0 > ACK seq 1 ack 1 other\n", "2: 'other' is for segments that come in." },
	{ FROM "+0 > ACK seq 1 ack 1 new\n", "2: 'new' is for a SYN that goes out." },
	{ FROM "+0 < SYN seq 1 new\n", "2: 'new' is for a SYN that goes out." },
	{ FROM "+0 < SYN seq 1 only\n", "2: 'only' is for segments that go out." },
	{ FROM "+0 rate\n", "2: 'rate' has no number behind it." },
	{ FROM "+0 rate -1\n", "2: 'rate' is -1, which is not from 0 to 4294967295." },
	{ FROM "+0 > ACK seq 1 ack 1 times 2\n", "2: 'times' is for segments with a 'len'." },
	{ FROM "+0 < ACK seq 1 ack 1 times 1\n", "2: 'times' is 1, which is not from 2 to 1000." },
	{ FROM "+0 < ACK seq 1 ack 1 seq 2\n", "2: 'seq' is there twice." },
	{ FROM "+0 < ACK seq 1 ack 1 size 2\n", "2: 'a segment' does not know 'size'." },
	{ FROM "+0 < ACK seq 1 ack 1 len 0\n", "2: 'len' is 0, which is not from 1 to 65000." },
	{ FROM "+0 < ACK seq 1 ack 1 win 65536\n",
	  "2: 'win' is 65536, which is not from 0 to 65535." },
	{ FROM "+0 < ACK seq 1 ack 1 ts 5\n", "2: 'ts' wants VALUE/ECHO, two numbers." },
	{ FROM "+0 < ACK seq 1 ack 1 ts 5/\n", "2: 'ts' wants VALUE/ECHO, two numbers." },
	{ FROM "+0 < ACK seq 1 ack 1 ts\n", "2: 'ts' wants VALUE/ECHO, two numbers." },
	{ FROM "+0 < ACK seq 1 ack 1 sack\n", "2: 'sack' has no blocks behind it." },
	{ FROM "+0 < ACK seq 1 ack 1 sack 1-\n",
	  "2: 'sack' wants blocks FIRST-BEHIND, with commas between them." },
	{ FROM "+0 < ACK seq 1 ack 1 sack 1-2,,3-4\n",
	  "2: 'sack' wants blocks FIRST-BEHIND, with commas between them." },
	{ FROM "+0 < ACK seq 1 ack 1 sack 1-2,3-4,5-6,7-8,9-10\n",
	  "2: 'sack' has more than 4 blocks." },
	{ FROM "+0 < ACK seq 1 ack 1 ts 1/1 sack 1-2,3-4,5-6,7-8\n",
	  "2: the options are longer than 40 bytes." },
	{ FROM "+0 < ACK seq 1 ack 1 raw 010\n",
	  "2: 'raw' wants words of 8 hexadecimal digits, up to 80." },
	{ FROM "+0 < ACK seq 1 ack 1 raw\n",
	  "2: 'raw' wants words of 8 hexadecimal digits, up to 80." },
	{ FROM "+0 < ACK seq 1 ack 1 raw 0101010G\n",
	  "2: 'raw' wants words of 8 hexadecimal digits, up to 80." },
	{ FROM "+0 < ACK seq 1 ack 1 offset 16\n",
	  "2: 'offset' is 16, which is not from 0 to 15." },
	{ FROM "+0 > ACK seq 1 ack 1 raw 01010101\n",
	  "2: 'raw' and 'offset' are for segments that come in." },
	{ FROM "+0 > ACK seq 1 ack 1 offset 5\n",
	  "2: 'raw' and 'offset' are for segments that come in." },
	{ FROM
	  "+0 < SYN seq 1 mss 1 raw 01010101010101010101010101010101010101010101010101010101010101010101010101010101\n",
	  "2: the options are longer than 40 bytes." },
	{ FROM "+0 < ICMP\n", "2: 'ICMP' has nothing behind it." },
	{ FROM "+0 < ICMP quench\n", "2: 'ICMP' does not know 'quench'." },
	{ FROM "+0 < ICMP too-big quotes 1\n",
	  "2: 'too-big' has 'quotes' behind it, which is not a number." },
	{ FROM "+0 < ICMP port-unreachable\n", "2: an ICMP message says no 'quotes'." },
	{ FROM "case\n", "2: 'case' has no name behind it." },
	{ FROM "case a\ncase b\n+0 quiet\n", "2: the case 'a' has no events." },
	{ FROM "+0 quiet\ncase b\n", "3: the case 'b' has no events." },
	{ FROM "case a b\n+0 quiet\ncase a  b\n+0 quiet\n", "4: the case 'a b' is there twice." },
	{ FROM "case a123456789012345678901234567890123456789012345678901234567890123\n",
	  "2: the case's name is longer than 63 bytes." },
};

static void
expect_error(const char *text, const char *error)
{
	char got[SCRIPT_ERROR_MAX], want[SCRIPT_ERROR_MAX];
	struct script s;

	snprintf(want, sizeof(want), "x.script:%s", error);
	CU_ASSERT_EQUAL(script_parse("x.script", text, &s, got), -EINVAL);
	CU_ASSERT_STRING_EQUAL(got, want);
	if (strcmp(got, want) != 0)
		printf("# '%s' instead of '%s'\n", got, want);
	CU_ASSERT_PTR_NULL(s.events);
}

static void
test_bad(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(bad); i++)
		expect_error(bad[i].text, bad[i].error);
}

static void
test_too_long(void)
{
	char text[1000];

	memset(text, ' ', sizeof(text));
	text[999] = '\0';
	expect_error(text, "1: the line is longer than 399 bytes.");
	for (int i = 0; i < 198; i += 2)
		memcpy(text + i, "a ", 2);
	text[300] = '\0';
	expect_error(text, "1: the line has more than 64 words.");
}

static void
test_many_cases(void)
{
	char text[64 * (SCRIPT_CASES_MAX + 1)], *at = text;

	at += sprintf(at, FROM);
	for (int i = 0; i <= SCRIPT_CASES_MAX; i++)
		at += sprintf(at, "case %d\n+0 quiet\n", i);
	expect_error(text, "130: there are more than 64 cases.");
}

static void
test_files(void)
{
	char error[SCRIPT_ERROR_MAX], name[] = "/tmp/script.XXXXXX", want[SCRIPT_ERROR_MAX];
	int fd = mkstemp(name);
	struct script s;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, "from\0x", 6), 6);
	close(fd);
	snprintf(want, sizeof(want), "%s:0: the file is no text.", name);
	CU_ASSERT_EQUAL(script_load(name, &s, error), -EINVAL);
	CU_ASSERT_STRING_EQUAL(error, want);
	CU_ASSERT_EQUAL(truncate(name, (1 << 20) + 1), 0);
	snprintf(want, sizeof(want), "%s:0: the file is longer than 1 MiB.", name);
	CU_ASSERT_EQUAL(script_load(name, &s, error), -EINVAL);
	CU_ASSERT_STRING_EQUAL(error, want);
	CU_ASSERT_EQUAL(unlink(name), 0);
	snprintf(want, sizeof(want), "%s:0: the file cannot be read.", name);
	CU_ASSERT_EQUAL(script_load(name, &s, error), -EINVAL);
	CU_ASSERT_STRING_EQUAL(error, want);
}

static struct script
good(const char *text)
{
	char error[SCRIPT_ERROR_MAX] = "";
	struct script s;

	CU_ASSERT_EQUAL_FATAL(script_parse("x.script", text, &s, error), 0);
	CU_ASSERT_STRING_EQUAL(error, "");
	return s;
}

static void
test_settings(void)
{
	struct script s = good("from RFC 9293 3.5 # a comment\non stack\nset mss 1000\nset room 7\n"
			       "set rto-min 0.25\nset iss 4294967295\n\n+0 quiet");

	CU_ASSERT_EQUAL(s.conf.on, SCRIPT_STACK);
	CU_ASSERT_EQUAL(s.conf.mss, 1000);
	CU_ASSERT_EQUAL(s.conf.room, 7);
	CU_ASSERT_EQUAL(s.conf.rto_min_us, 250000);
	CU_ASSERT_EQUAL(s.conf.iss, UINT32_MAX);
	CU_ASSERT_EQUAL(s.nb_events, 1);
	CU_ASSERT_EQUAL(s.nb_common, 1);
	CU_ASSERT_EQUAL(s.nb_cases, 1);
	CU_ASSERT_EQUAL(s.cases[0].n, 0);
	CU_ASSERT_EQUAL(s.events[0].line, 8);
	script_free(&s);
	s = good(FROM "+0 quiet\n");
	CU_ASSERT_EQUAL(s.conf.on, SCRIPT_PURE | SCRIPT_STACK);
	CU_ASSERT(s.conf.cc == SCRIPT_CC_CUBIC && !s.conf.pacing && !s.conf.grows);
	CU_ASSERT(s.conf.half_open > 0 && s.conf.max_rate == 0);
	script_free(&s);
	s = good("from RFC 9293 3.5\nset cc newreno\nset pacing\nset room grows\nset half-open 0\n"
		 "set max-rate 5000\n+0 rate 7\n");
	CU_ASSERT(s.conf.cc == SCRIPT_CC_NEWRENO && s.conf.pacing && s.conf.grows);
	CU_ASSERT(s.conf.half_open == 0 && s.conf.max_rate == 5000);
	CU_ASSERT(s.events[0].kind == SCRIPT_RATE && s.events[0].arg == 7);
	script_free(&s);
}

static void
test_cases(void)
{
	struct script s = good(FROM "+0 call listen\ncase left edge\n+0 quiet\n+1 quiet\n"
				    "case right edge\n+2 quiet\n");

	CU_ASSERT_EQUAL(s.nb_common, 1);
	CU_ASSERT_EQUAL(s.nb_cases, 2);
	CU_ASSERT_STRING_EQUAL(s.cases[0].name, "left edge");
	CU_ASSERT_EQUAL(s.cases[0].first, 1);
	CU_ASSERT_EQUAL(s.cases[0].n, 2);
	CU_ASSERT_EQUAL(s.cases[1].first, 3);
	CU_ASSERT_EQUAL(s.cases[1].n, 1);
	CU_ASSERT_EQUAL(s.cases[1].line, 6);
	script_free(&s);
}

static void
test_segments(void)
{
	struct script s = good(FROM
			       "+0.5..1.000001 > PSH+ACK seq -1 len 10 ack 4294967295 win 0 "
			       "ts 7/8 sack 1-2,3-4 times 3\n"
			       "+0 < SYN seq 0 mss 1 wscale 15 sackok other\n+0 < none seq 5\n");
	const struct script_event *e = s.events;

	CU_ASSERT_EQUAL(e[0].kind, SCRIPT_OUT);
	CU_ASSERT_EQUAL(e[0].after_us, 500000);
	CU_ASSERT_EQUAL(e[0].until_us, 1000001);
	CU_ASSERT_EQUAL(e[0].times, 3);
	CU_ASSERT_EQUAL(e[0].packet.flags, PACKET_PSH | PACKET_ACK);
	CU_ASSERT_EQUAL(e[0].packet.seq, UINT32_MAX);
	CU_ASSERT_EQUAL(e[0].packet.ack, UINT32_MAX);
	CU_ASSERT_EQUAL(e[0].packet.has, PACKET_HAS_SEQ | PACKET_HAS_LEN | PACKET_HAS_ACK |
						 PACKET_HAS_WIN | PACKET_HAS_TS | PACKET_HAS_SACK);
	CU_ASSERT_EQUAL(e[0].packet.ts_ecr, 8);
	CU_ASSERT_EQUAL(e[0].packet.nb_sack, 2);
	CU_ASSERT_EQUAL(e[0].packet.sack[1].end, 4);
	CU_ASSERT_EQUAL(e[1].packet.other, 1);
	CU_ASSERT_EQUAL(e[1].packet.wscale, 15);
	CU_ASSERT_EQUAL(e[1].packet.has,
			PACKET_HAS_SEQ | PACKET_HAS_MSS | PACKET_HAS_WSCALE | PACKET_HAS_SACKOK);
	CU_ASSERT_NOT_EQUAL(e[1].packet.win, 0);
	CU_ASSERT_EQUAL(e[2].packet.flags, 0);
	CU_ASSERT_EQUAL(e[2].times, 1);
	script_free(&s);
	s = good(FROM "+0 < SYN seq 0 raw 0204ffff01010100 offset 4\n");
	CU_ASSERT_EQUAL(s.events[0].packet.raw_len, 8);
	CU_ASSERT_EQUAL(memcmp(s.events[0].packet.raw, "\x02\x04\xff\xff\x01\x01\x01\0", 8), 0);
	CU_ASSERT_EQUAL(s.events[0].packet.offset, 4);
	script_free(&s);
}

static void
test_others(void)
{
	struct script s = good(FROM "+0 call read 10 = EAGAIN\n+0 call send 5\n+0 call close\n"
				    "+0 state FIN-WAIT-2\n+0 < ICMP too-big 1000 quotes 1\n"
				    "+3 < ICMP port-unreachable quotes -1\n+0 call read 9 = 4\n");
	const struct script_event *e = s.events;

	CU_ASSERT_EQUAL(e[0].result, -EAGAIN);
	CU_ASSERT_EQUAL(e[0].arg, 10);
	CU_ASSERT_EQUAL(e[1].result, 5);
	CU_ASSERT_EQUAL(e[2].call, SCRIPT_CLOSE);
	CU_ASSERT_EQUAL(e[2].result, 0);
	CU_ASSERT_EQUAL(e[3].state, SCRIPT_FIN_WAIT_2);
	CU_ASSERT_EQUAL(e[4].icmp, SCRIPT_ICMP_TOO_BIG);
	CU_ASSERT_EQUAL(e[4].mtu, 1000);
	CU_ASSERT_EQUAL(e[5].packet.seq, UINT32_MAX);
	CU_ASSERT_EQUAL(e[6].result, 4);
	script_free(&s);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each mistake has its sentence, with file and line", test_bad },
		{ "long lines, and lines of many words", test_too_long },
		{ "too many cases", test_many_cases },
		{ "files that are not there, no text, or too long", test_files },
		{ "settings and sources", test_settings },
		{ "cases stand behind what they have in common", test_cases },
		{ "segments", test_segments },
		{ "calls, states, ICMP", test_others },
	};
	return harness_run("scripts/script", cases, HARNESS_COUNT(cases));
}
