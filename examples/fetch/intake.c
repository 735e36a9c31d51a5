/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "intake.h"

#include <errno.h>
#include <string.h>

#include "common/say.h"

/* The file, or the rest of it that was asked for. */
static bool
is_file(const struct intake *in)
{
	return in->part != NULL && (in->answer.status == 200 || in->answer.status == 206);
}

static bool
refuse(struct intake *in, const char *why)
{
	in->wrong = why;
	return false;
}

/* A date that was in the past when the answer was made tells this file from any other (RFC 9110 8.8.2.2). */
static time_t
strong_date(const struct answer *a)
{
	return a->last_modified != 0 && a->last_modified < a->date ? a->last_modified : 0;
}

static bool
begin(struct intake *in)
{
	const struct answer *a = &in->answer;

	in->begun = true;
	if (a->status == 206) {
		if (!in->go_on || a->range_first != in->part->len)
			return refuse(in, "it is another part of the file than was asked for");
		return true;
	}
	if (!part_restart(in->part)) {
		in->said = true;
		return refuse(in, "");
	}
	in->part->last_modified = strong_date(a);
	return true;
}

static int
take(void *user, const char *bytes, size_t len)
{
	struct intake *in = user;

	/* The text of an error is for nobody. */
	if (!is_file(in))
		return 0;
	if (!in->begun && !begin(in))
		return -1;
	return part_write(in->part, bytes, len) ? 0 : -1;
}

void
intake_init(struct intake *in, struct part *part, bool go_on)
{
	*in = (struct intake){ .part = part, .go_on = go_on };
	answer_init(&in->answer, take, in);
}

bool
intake_feed(struct intake *in, const char *bytes, size_t len)
{
	const char *why = answer_feed(&in->answer, bytes, len);

	if (why != NULL && in->wrong == NULL)
		in->wrong = why;
	return in->wrong == NULL && !in->answer.done;
}

bool
intake_end(struct intake *in)
{
	return answer_end(&in->answer);
}

static enum fetch_end
refused(const struct answer *a)
{
	if (a->status >= 300 && a->status < 400 && a->location[0] != '\0')
		say("the server answers %d and leads to %s: redirects are not followed", a->status,
		    a->location);
	else
		say("the server answers %d", a->status);
	return END_REFUSED;
}

/* The part had all of it before. */
static bool
was_whole(const struct intake *in)
{
	return in->answer.status == 416 && in->go_on && in->answer.range_total == in->part->len;
}

static enum fetch_end
judge_file(struct intake *in)
{
	const struct answer *a = &in->answer;

	if (was_whole(in))
		return END_OK;
	if (!is_file(in))
		return refused(a);
	if (a->status == 206 && a->range_total != ANSWER_UNKNOWN &&
	    a->range_total != in->part->len) {
		say("the answer is not whole: %llu of %llu bytes are there",
		    (unsigned long long)in->part->len, (unsigned long long)a->range_total);
		return END_CUT;
	}
	return END_OK;
}

enum fetch_end
intake_judge(struct intake *in)
{
	/* A file without a byte. */
	if (in->wrong == NULL && is_file(in) && !in->begun)
		begin(in);
	if (in->said)
		return END_HERE;
	if (in->part != NULL && in->part->error != 0) {
		say("cannot write %s: %s",
		    in->part->path != NULL ? in->part->path : "standard output",
		    strerror(in->part->error));
		return END_HERE;
	}
	if (in->wrong != NULL) {
		say("the answer cannot be used: %s", in->wrong);
		return END_CUT;
	}
	if (in->part != NULL)
		return judge_file(in);
	return in->answer.status / 100 == 2 ? END_OK : refused(&in->answer);
}
