/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The command line of a program behind "--": a row for each option, from which the values are read, what
 * is wrong is said, and --help is printed. What means the same in two programs is one row, ROW_*.
 */
#ifndef EXAMPLES_COMMON_OPTIONS_H
#define EXAMPLES_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <recordtls/addr.h>

struct option_row {
	const char *name;
	const char *value; /* what --help calls it; NULL: there is none, the option sets a bool */
	const char *help;  /* in lines */
	/* Writes to out. False: one sentence was printed. */
	bool (*read)(const struct option_row *row, const char *text, void *out);
	size_t at;              /* where out is in the program's struct */
	unsigned long min, max; /* of a number */
	const char *words;      /* "one two three": their places are the values */
	const char *command;    /* what it goes with: "one", "one or two"; NULL: all */
};

struct option_table {
	const char *usage; /* behind "usage: ", and what the program does */
	const struct option_row *rows;
	unsigned int nb_rows; /* at most 64 */
	const char *more;     /* at the end of --help */
};

enum options_verdict {
	OPTIONS_RUN,
	OPTIONS_DONE,  /* --help or --version was asked for, and printed */
	OPTIONS_WRONG, /* one sentence was printed */
};

/* argv[0] is not looked at, and values go below out. Options and operands come in any order; what is
 * left are nb operands, from *operands on. */
enum options_verdict options_parse(const struct option_table *table, int argc, char **argv,
				   void *out, char ***operands, int *nb);

/* True: the options given, of the last options_parse(), go with the command. Else a sentence was printed. */
bool options_fit(const struct option_table *table, const char *command);

/* --help, -h or --version is the program's first argument, where EAL arguments stand otherwise. */
bool options_asked(const struct option_table *table, int argc, char **argv);

/* An address and its prefix length. */
struct option_subnet {
	struct rtls_addr addr; /* family 0: not given */
	uint8_t prefix_len;
};

/* What a row reads, and into what. */
bool option_flag(const struct option_row *row, const char *text, void *out);    /* bool */
bool option_text(const struct option_row *row, const char *text, void *out);    /* const char * */
bool option_u16(const struct option_row *row, const char *text, void *out);     /* uint16_t */
bool option_u32(const struct option_row *row, const char *text, void *out);     /* uint32_t */
bool option_seconds(const struct option_row *row, const char *text, void *out); /* double */
bool option_word(const struct option_row *row, const char *text, void *out);    /* an enum */
bool option_subnet(const struct option_row *row, const char *text, void *out);
bool option_addr(const struct option_row *row, const char *text, void *out); /* struct rtls_addr */

/* clang-format off */
#define ROW_ADDR(type)                                                                             \
	{ .name = "addr", .value = "IP/LEN", .read = option_subnet, .at = offsetof(type, local),   \
	  .help = "address to answer for, and its prefix" }
#define ROW_PORT(type, text)                                                                       \
	{ .name = "port", .value = "N", .read = option_u16, .at = offsetof(type, port),            \
	  .min = 1, .max = UINT16_MAX,                                                             \
	  .help = "TCP port; default " text }
#define ROW_CERT(type, text)                                                                       \
	{ .name = "cert", .value = "FILE", .read = option_text, .at = offsetof(type, cert),        \
	  .help = "certificate chain, PEM" text }
#define ROW_KEY(type)                                                                              \
	{ .name = "key", .value = "FILE", .read = option_text, .at = offsetof(type, key),          \
	  .help = "its private key, PEM, without a pass phrase" }
#define ROW_CRYPTO(type)                                                                           \
	{ .name = "crypto", .value = "WHO", .read = option_text, .at = offsetof(type, crypto),     \
	  .help = "who computes in software: libcrypto, a DPDK crypto device such\n"               \
		  "as crypto_aesni_mb, or auto, the default: the fastest" }
#define ROW_JSON(type)                                                                             \
	{ .name = "json", .read = option_flag, .at = offsetof(type, json),                         \
	  .help = "end with one line of JSON on standard output" }
/* clang-format on */

#endif
