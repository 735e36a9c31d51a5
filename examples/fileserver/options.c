/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/say.h"

enum {
	OPT_ADDR = 256,
	OPT_GATEWAY,
	OPT_MTU,
	OPT_ROOT,
	OPT_PORT,
	OPT_CERT,
	OPT_KEY,
	OPT_CERT_OUT,
	OPT_CONNS,
	OPT_PER_REMOTE,
	OPT_IDLE,
	OPT_TIME_WAIT,
	OPT_MODE,
	OPT_CRYPTO,
	OPT_TLSNIC,
	OPT_TLSNIC_CONTEXTS,
	OPT_WIPE,
	OPT_TRUST_CHECKSUMS,
	OPT_CAPTURE,
	OPT_JSON,
	OPT_BUSY,
	OPT_HELP,
};

static const struct option table[] = {
	{ "addr", required_argument, NULL, OPT_ADDR },
	{ "gateway", required_argument, NULL, OPT_GATEWAY },
	{ "mtu", required_argument, NULL, OPT_MTU },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "cert-out", required_argument, NULL, OPT_CERT_OUT },
	{ "conns", required_argument, NULL, OPT_CONNS },
	{ "per-remote", required_argument, NULL, OPT_PER_REMOTE },
	{ "idle-s", required_argument, NULL, OPT_IDLE },
	{ "time-wait-ms", required_argument, NULL, OPT_TIME_WAIT },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "crypto", required_argument, NULL, OPT_CRYPTO },
	{ "tlsnic", no_argument, NULL, OPT_TLSNIC },
	{ "tlsnic-contexts", required_argument, NULL, OPT_TLSNIC_CONTEXTS },
	{ "wipe", no_argument, NULL, OPT_WIPE },
	{ "trust-checksums", no_argument, NULL, OPT_TRUST_CHECKSUMS },
	{ "capture", required_argument, NULL, OPT_CAPTURE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "busy", no_argument, NULL, OPT_BUSY },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

void
options_usage(void)
{
	puts("usage: recordtls-fileserver EAL-ARGUMENTS -- --addr IP/LEN --root DIR [OPTION]...\n"
	     "\n"
	     "Serves the regular files below a directory over HTTPS (TLS 1.3, AES-128-GCM), each\n"
	     "as a whole: there are no byte ranges. SIGINT and SIGTERM end it.\n"
	     "\n"
	     "  --addr IP/LEN        address to answer for, and its prefix\n"
	     "  --root DIR           directory to serve; nothing outside it is ever served\n"
	     "  --port N             TCP port; default 443\n"
	     "  --gateway IP         router for everything outside the prefix\n"
	     "  --mtu N              longest packet, where a path takes less than the port and routers\n"
	     "                       do not say so; default: the port's\n"
	     "  --cert FILE          certificate chain, PEM; default: a self-signed one\n"
	     "  --key FILE           its private key, PEM\n"
	     "  --cert-out FILE      write the certificate there, for clients to trust\n"
	     "  --conns N            connections at once; default 2048. When there are more, the\n"
	     "                       oldest that has not finished its handshake makes room\n"
	     "  --per-remote N       of these, from one address; default: no limit\n"
	     "  --idle-s N           how long a connection may wait for a request; default 60\n"
	     "  --time-wait-ms N     how long closed connections are remembered; default 60000\n"
	     "  --mode MODE          who seals and opens records: software, nic, or auto, the\n"
	     "                       default: the NIC where the port has inline TLS\n"
	     "  --crypto WHO         who computes in software: libcrypto, a DPDK crypto device such\n"
	     "                       as crypto_aesni_mb, or auto, the default: the fastest\n"
	     "  --tlsnic             put a TLS NIC in software over the port\n"
	     "  --tlsnic-contexts N  room in its table, two for a connection; default 16384\n"
	     "  --wipe               wipe buffers of records when they are free\n"
	     "  --trust-checksums    take TCP checksums as right where the port's driver says nothing\n"
	     "  --capture FILE       write what the port sends and receives there, as pcapng\n"
	     "  --json               end with one line of JSON on standard output\n"
	     "  --busy               never sleep when idle\n"
	     "  --help               this text\n"
	     "\n"
	     "What it does can be watched while it runs: dpdk-telemetry.py, with -f PREFIX where\n"
	     "--file-prefix=PREFIX is among the EAL arguments, and there /recordtls/stack/stats,0,\n"
	     "/recordtls/sock/list,0 and /fileserver/stats; / lists all.\n"
	     "With SSLKEYLOGFILE in the environment the secrets of all connections are appended to\n"
	     "that file, so that a capture can be decrypted.\n"
	     "Example of EAL arguments: -l 0 --no-pci --vdev=net_tap0,iface=tls0");
}

static bool
read_number(const char *name, const char *text, unsigned long min, unsigned long max,
	    unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && *out >= min &&
	    *out <= max)
		return true;
	say("--%s takes a number from %lu to %lu, not '%s'", name, min, max, text);
	return false;
}

static bool
read_mode(const char *text, enum options_mode *out)
{
	static const char *const names[] = {
		[OPTIONS_MODE_AUTO] = "auto",
		[OPTIONS_MODE_NIC] = "nic",
		[OPTIONS_MODE_SOFTWARE] = "software",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum options_mode)i;
			return true;
		}
	say("--mode takes nic, software or auto, not '%s'", text);
	return false;
}

static bool
take(struct options *o, int opt, const char *arg)
{
	unsigned long n = 0;
	bool ok = true;

	switch (opt) {
	case OPT_ADDR:
		ok = strchr(arg, '/') != NULL &&
		     rtls_addr_parse(arg, &o->addr, &o->prefix_len) == 0;
		if (!ok)
			say("--addr takes an address and a prefix length, such as 10.77.0.1/24, "
			    "not '%s'",
			    arg);
		break;
	case OPT_GATEWAY:
		ok = o->has_gateway = rtls_addr_parse(arg, &o->gateway, NULL) == 0 &&
				      o->gateway.port == 0;
		if (!ok)
			say("--gateway takes an address, not '%s'", arg);
		break;
	case OPT_MTU:
		ok = read_number("mtu", arg, 576, UINT16_MAX, &n);
		o->mtu = (uint32_t)n;
		break;
	case OPT_ROOT:
		o->root = arg;
		break;
	case OPT_PORT:
		ok = read_number("port", arg, 1, UINT16_MAX, &n);
		o->port = (uint16_t)n;
		break;
	case OPT_CERT:
		o->cert = arg;
		break;
	case OPT_KEY:
		o->key = arg;
		break;
	case OPT_CERT_OUT:
		o->cert_out = arg;
		break;
	case OPT_CONNS:
		ok = read_number("conns", arg, 1, 1000000, &n);
		o->conns = (uint32_t)n;
		break;
	case OPT_PER_REMOTE:
		ok = read_number("per-remote", arg, 1, 1000000, &n);
		o->per_remote = (uint32_t)n;
		break;
	case OPT_IDLE:
		ok = read_number("idle-s", arg, 1, 86400, &n);
		o->idle_s = (uint32_t)n;
		break;
	case OPT_TIME_WAIT:
		ok = read_number("time-wait-ms", arg, 1, 600000, &n);
		o->time_wait_ms = (uint32_t)n;
		break;
	case OPT_MODE:
		ok = read_mode(arg, &o->mode);
		break;
	case OPT_CRYPTO:
		o->crypto = arg;
		break;
	case OPT_TLSNIC:
		o->tlsnic = true;
		break;
	case OPT_TLSNIC_CONTEXTS:
		ok = read_number("tlsnic-contexts", arg, 1, 65535, &n);
		o->tlsnic_contexts = (uint32_t)n;
		break;
	case OPT_WIPE:
		o->wipe = true;
		break;
	case OPT_TRUST_CHECKSUMS:
		o->trust_checksums = true;
		break;
	case OPT_CAPTURE:
		o->capture = arg;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_BUSY:
		o->busy = true;
		break;
	}
	return ok;
}

static bool
is_complete(const struct options *o)
{
	if (o->addr.family == 0)
		say("--addr is missing; try --help");
	else if (o->root == NULL)
		say("--root is missing; try --help");
	else if ((o->cert == NULL) != (o->key == NULL))
		say("--cert and --key go together");
	else if (o->tlsnic_contexts != 0 && !o->tlsnic)
		say("--tlsnic-contexts goes with --tlsnic");
	else
		return true;
	return false;
}

enum options_verdict
options_parse(struct options *o, int argc, char **argv)
{
	int opt;

	memset(o, 0, sizeof(*o));
	o->port = 443;
	o->conns = 2048;
	o->idle_s = 60;
	o->crypto = "auto";
	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (opt == OPT_HELP) {
			options_usage();
			return OPTIONS_HELP;
		}
		if (opt == ':' || opt == '?') {
			say(opt == ':' ? "%s needs a value; try --help" :
					 "%s is not an option; try --help",
			    argv[optind - 1]);
			return OPTIONS_WRONG;
		}
		if (!take(o, opt, optarg))
			return OPTIONS_WRONG;
	}
	if (optind < argc) {
		say("'%s' is one argument too many; try --help", argv[optind]);
		return OPTIONS_WRONG;
	}
	return is_complete(o) ? OPTIONS_RUN : OPTIONS_WRONG;
}
