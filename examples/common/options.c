/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <rte_common.h>
#include <rte_version.h>

#include <recordtls/version.h>

#include "say.h"

enum {
	ROWS_MAX = 64,
	FIRST_ROW = 256, /* behind all letters */
	OPT_HELP = FIRST_ROW + ROWS_MAX,
	OPT_VERSION,
	HELP_COLUMN = 24,
};

/* Bit i: row i was given. */
static uint64_t given;

bool
option_flag(const struct option_row *row, const char *text, void *out)
{
	(void)row;
	(void)text;
	*(bool *)out = true;
	return true;
}

bool
option_text(const struct option_row *row, const char *text, void *out)
{
	(void)row;
	*(const char **)out = text;
	return true;
}

static bool
read_number(const struct option_row *row, const char *text, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && *out >= row->min &&
	    *out <= row->max)
		return true;
	say("--%s takes a number from %lu to %lu, not '%s'", row->name, row->min, row->max, text);
	return false;
}

bool
option_u16(const struct option_row *row, const char *text, void *out)
{
	unsigned long n;

	if (!read_number(row, text, &n))
		return false;
	*(uint16_t *)out = (uint16_t)n;
	return true;
}

bool
option_u32(const struct option_row *row, const char *text, void *out)
{
	unsigned long n;

	if (!read_number(row, text, &n))
		return false;
	*(uint32_t *)out = (uint32_t)n;
	return true;
}

bool
option_u64(const struct option_row *row, const char *text, void *out)
{
	unsigned long n;

	if (!read_number(row, text, &n))
		return false;
	*(uint64_t *)out = n;
	return true;
}

bool
option_seconds(const struct option_row *row, const char *text, void *out)
{
	double s;
	char *end;

	s = strtod(text, &end);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && s >= 0.1 && s <= 3600) {
		*(double *)out = s;
		return true;
	}
	say("--%s takes a number from 0.1 to 3600, not '%s'", row->name, text);
	return false;
}

/* "one two three" as one, two or three. */
static void
say_words(const struct option_row *row, const char *text)
{
	const char *word = row->words;
	char all[128] = "";
	size_t at = 0;

	while (*word != '\0' && at < sizeof(all)) {
		size_t len = strcspn(word, " ");
		const char *next = word + len + strspn(word + len, " ");
		const char *before = word == row->words ? "" : *next == '\0' ? " or " : ", ";

		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%.*s", before, (int)len,
				       word);
		word = next;
	}
	say("--%s takes %s, not '%s'", row->name, all, text);
}

bool
option_word(const struct option_row *row, const char *text, void *out)
{
	const char *word = row->words;
	size_t len;

	for (unsigned int i = 0; *word != '\0'; i++) {
		len = strcspn(word, " ");
		if (strlen(text) == len && memcmp(text, word, len) == 0) {
			*(unsigned int *)out = i;
			return true;
		}
		word += len + strspn(word + len, " ");
	}
	say_words(row, text);
	return false;
}

bool
option_subnet(const struct option_row *row, const char *text, void *out)
{
	struct option_subnet *subnet = out;

	if (strchr(text, '/') != NULL &&
	    rtls_addr_parse(text, &subnet->addr, &subnet->prefix_len) == 0)
		return true;
	say("--%s takes an address and a prefix length, such as 10.77.0.1/24, not '%s'", row->name,
	    text);
	return false;
}

bool
option_addr(const struct option_row *row, const char *text, void *out)
{
	struct rtls_addr *addr = out;

	if (rtls_addr_parse(text, addr, NULL) == 0 && addr->port == 0)
		return true;
	say("--%s takes an address, not '%s'", row->name, text);
	return false;
}

/* The name and what it takes, then the lines of the help, all in one column. */
static void
print_row(const struct option_row *row)
{
	const char *line = row->help;
	int len = printf("  --%s%s%s", row->name, row->value != NULL ? " " : "",
			 row->value != NULL ? row->value : "");

	for (; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		printf("%*s%.*s\n", RTE_MAX(HELP_COLUMN - len, 2), "", (int)strcspn(line, "\n"),
		       line);
		len = 0;
	}
}

static void
print_help(const struct option_table *table)
{
	const char *command = NULL;
	const struct option_row help = { .name = "help", .help = "this text" };
	const struct option_row version = { .name = "version", .help = "which version this is" };

	printf("usage: %s\n", table->usage);
	for (unsigned int i = 0; i < table->nb_rows; i++) {
		const struct option_row *row = &table->rows[i];

		if (row->command != command) {
			command = row->command;
			printf("%s only:\n", command);
		}
		print_row(row);
	}
	if (command != NULL)
		puts("always:");
	print_row(&help);
	print_row(&version);
	if (table->more != NULL)
		printf("\n%s\n", table->more);
}

static void
print_version(void)
{
	printf("%s %s, %s, OpenSSL %s\n", say_program, rtls_version(), rte_version(),
	       OpenSSL_version(OPENSSL_VERSION_STRING));
}

static void
say_unknown(int opt, char **argv)
{
	if (opt == ':')
		say("%s needs a value; try --help", argv[optind - 1]);
	else if (optopt >= FIRST_ROW)
		say("%s: this option takes no value; try --help", argv[optind - 1]);
	else if (optopt != 0)
		say("-%c is not an option; try --help", optopt);
	else
		say("%s is not an option; try --help", argv[optind - 1]);
}

static void
make_getopt(const struct option_table *table, struct option *out)
{
	for (unsigned int i = 0; i < table->nb_rows; i++)
		*out++ = (struct option){ table->rows[i].name,
					  table->rows[i].value != NULL ? required_argument :
									 no_argument,
					  NULL, FIRST_ROW + (int)i };
	*out++ = (struct option){ "help", no_argument, NULL, OPT_HELP };
	*out++ = (struct option){ "version", no_argument, NULL, OPT_VERSION };
	*out = (struct option){ NULL, 0, NULL, 0 };
}

static enum options_verdict
take(const struct option_table *table, int opt, char **argv, void *out)
{
	const struct option_row *row;

	if (opt == ':' || opt == '?') {
		say_unknown(opt, argv);
		return OPTIONS_WRONG;
	}
	if (opt == OPT_VERSION || opt == OPT_HELP || opt == 'h') {
		if (opt == OPT_VERSION)
			print_version();
		else
			print_help(table);
		return OPTIONS_DONE;
	}
	row = &table->rows[opt - FIRST_ROW];
	given |= UINT64_C(1) << (opt - FIRST_ROW);
	return row->read(row, optarg, (char *)out + row->at) ? OPTIONS_RUN : OPTIONS_WRONG;
}

enum options_verdict
options_parse(const struct option_table *table, int argc, char **argv, void *out, char ***operands,
	      int *nb)
{
	struct option names[ROWS_MAX + 3];
	enum options_verdict verdict;
	int opt;

	make_getopt(table, names);
	given = 0;
	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":h", names, NULL)) != -1) {
		verdict = take(table, opt, argv, out);
		if (verdict != OPTIONS_RUN)
			return verdict;
	}
	*operands = argv + optind;
	*nb = RTE_MAX(argc - optind, 0);
	return OPTIONS_RUN;
}

/* "one or two" has the words one and two. */
static bool
has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	while (*text != '\0') {
		size_t n = strcspn(text, " ,");

		if (n == len && memcmp(text, word, n) == 0)
			return true;
		text += n + strspn(text + n, " ,");
	}
	return false;
}

bool
options_fit(const struct option_table *table, const char *command)
{
	for (unsigned int i = 0; i < table->nb_rows; i++) {
		const struct option_row *row = &table->rows[i];

		if ((given >> i & 1) == 0 || row->command == NULL ||
		    has_word(row->command, command))
			continue;
		say("--%s goes with %s, not with %s", row->name, row->command, command);
		return false;
	}
	return true;
}

bool
options_asked(const struct option_table *table, int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		print_version();
	else if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		print_help(table);
	else
		return false;
	return true;
}
