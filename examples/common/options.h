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

/* What kind of NIC the one in software is, as rtls_tlsnic_conf has it; 0: the NIC's default. */
struct option_nic {
	uint8_t rx_method, tx_method;
	uint32_t faults, fault_every;
	uint64_t fault_seed; /* not 0 where there are faults: drawn, if it was not given */
};

/* What the network is like, as rtls_netem_conf has it. */
struct option_path {
	uint32_t loss_ppm, reorder_ppm, duplicate_ppm;
	uint32_t delay_us; /* each way */
	uint64_t seed;     /* not 0 where a path was asked for: drawn, if it was not given */
};

/* --mode: who makes the records. Its words are in this order. */
enum options_net_mode {
	OPTIONS_NET_NIC,      /* the port must have inline TLS */
	OPTIONS_NET_SOFTWARE, /* never the NIC */
	OPTIONS_NET_AUTO,     /* the NIC where the port has inline TLS, else software */
};

/* What a program with one port and one stack is told of them. */
struct options_net {
	struct option_subnet local;
	struct rtls_addr gateway; /* family 0: none */
	uint32_t mtu;             /* 0: the port's */
	enum options_net_mode mode;
	const char *crypto; /* as rtls_stack_conf has it */
	bool tlsnic;
	uint32_t tlsnic_contexts; /* 0: the NIC's default */
	struct option_nic nic;
	struct option_path path;
	uint32_t audit; /* RTLS_OPT_AUDIT_RATE */
	bool wipe;
	bool trust_checksums;
	const char *capture; /* NULL: none */
};

/* What a row reads, and into what. */
bool option_flag(const struct option_row *row, const char *text, void *out);    /* bool */
bool option_text(const struct option_row *row, const char *text, void *out);    /* const char * */
bool option_u16(const struct option_row *row, const char *text, void *out);     /* uint16_t */
bool option_u32(const struct option_row *row, const char *text, void *out);     /* uint32_t */
bool option_u64(const struct option_row *row, const char *text, void *out);     /* uint64_t */
bool option_seconds(const struct option_row *row, const char *text, void *out); /* double */
bool option_word(const struct option_row *row, const char *text, void *out);    /* an enum */
bool option_subnet(const struct option_row *row, const char *text, void *out);
bool option_addr(const struct option_row *row, const char *text, void *out); /* struct rtls_addr */
bool option_nic_method(const struct option_row *row, const char *text,
		       void *out); /* struct option_nic */
bool option_nic_fault(const struct option_row *row, const char *text, void *out); /* the same */

bool option_path(const struct option_row *row, const char *text,
		 void *out); /* struct option_path */

/* A seed for who gives none, short enough to be typed. */
uint64_t option_draw_seed(void);

/* One line, by which a run can be repeated; none without faults, or a path. */
void option_path_say(const struct option_path *path);
void option_nic_say_faults(const struct option_nic *nic);

/* Those that mention net are for a program whose struct has a struct options_net of this name. */
/* clang-format off */
#define ROW_ADDR(type, field)                                                                      \
	{ .name = "addr", .value = "IP/LEN", .read = option_subnet, .at = offsetof(type, field),   \
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
#define ROW_CRYPTO(type, field)                                                                    \
	{ .name = "crypto", .value = "WHO", .read = option_text, .at = offsetof(type, field),      \
	  .help = "who computes in software: libcrypto, a DPDK crypto device such\n"               \
		  "as crypto_aesni_mb, or auto, the default: the fastest" }
#define ROW_GATEWAY(type)                                                                          \
	{ .name = "gateway", .value = "IP", .read = option_addr, .at = offsetof(type, net.gateway),    \
	  .help = "router for everything outside the prefix" }
#define ROW_MTU(type)                                                                              \
	{ .name = "mtu", .value = "N", .read = option_u32, .at = offsetof(type, net.mtu),              \
	  .min = 576, .max = UINT16_MAX,                                                           \
	  .help = "longest packet, where a path takes less than the port and routers\n"            \
		  "do not say so; default: the port's" }
#define ROW_MODE(type)                                                                             \
	{ .name = "mode", .value = "MODE", .read = option_word, .at = offsetof(type, net.mode),        \
	  .words = "nic software auto",                                                            \
	  .help = "who seals and opens records: software, nic, or auto, the\n"                     \
		  "default: the NIC where the port has inline TLS" }
#define ROW_TLSNIC(type)                                                                           \
	{ .name = "tlsnic", .read = option_flag, .at = offsetof(type, net.tlsnic),                     \
	  .help = "put a TLS NIC in software over the port" }
#define ROW_NIC_METHOD(type, field, with)                                                           \
	{ .name = "nic-method", .value = "METHOD", .read = option_nic_method, .at = offsetof(type, field), \
	  .help = "how that NIC finds its place again: receiving by in_order, scan,\n"             \
		  "scan_delayed or stack, sending by rebuild or next_record, or\n"                \
		  "both, with a comma between them; default: scan,rebuild", .command = with }
#define ROW_NIC_FAULT(type, field, with)                                                            \
	{ .name = "nic-fault", .value = "KIND", .read = option_nic_fault, .at = offsetof(type, field), \
	  .help = "let that NIC fail: kinds with commas between them, and :N, once in N\n"         \
		  "chances, and :SEED; default 64, and a seed that is drawn and printed.\n"        \
		  "Contexts: table_full context_lost reset. Sending: tx_lost.\n"                   \
		  "Receiving: no_match steer_late auth_error bad_checksum false_headers.\n"        \
		  "Places: ask_wrong answer_wrong answer_late answer_twice answer_never\n"         \
		  "resync_busy resync_error. Lies, for --audit to find: lie_plaintext\n"           \
		  "lie_number lie_authentic lie_other. What each does: recordtls/tlsnic.h", .command = with }
#define ROW_PATH(type)                                                                             \
	{ .name = "path", .value = "WHAT", .read = option_path, .at = offsetof(type, net.path),        \
	  .help = "put a bad network below: loss=P, reorder=P, duplicate=P, each in per\n"        \
		  "cent of the packets, rtt=MS and seed=N, with commas between them;\n"           \
		  "a seed that is not given is drawn and printed" }
#define ROW_AUDIT(type, field, with)                                                               \
	{ .name = "audit", .value = "N", .read = option_u32, .at = offsetof(type, field), .max = UINT32_MAX, \
	  .help = "verify one of N records that a NIC opened in software, too, before it\n"        \
		  "is read; 1: each; default: 0, none", .command = with }
#define ROW_WIPE(type)                                                                             \
	{ .name = "wipe", .read = option_flag, .at = offsetof(type, net.wipe),                     \
	  .help = "wipe buffers of records when they are free" }
#define ROW_TRUST_CHECKSUMS(type)                                                                  \
	{ .name = "trust-checksums", .read = option_flag, .at = offsetof(type, net.trust_checksums),   \
	  .help = "take TCP checksums as right where the port's driver says nothing" }
#define ROW_CAPTURE(type)                                                                          \
	{ .name = "capture", .value = "FILE", .read = option_text, .at = offsetof(type, net.capture),  \
	  .help = "write what the port sends and receives there, as pcapng" }
#define ROW_JSON(type)                                                                             \
	{ .name = "json", .read = option_flag, .at = offsetof(type, json),                         \
	  .help = "end with one line of JSON on standard output" }
/* clang-format on */

#endif
