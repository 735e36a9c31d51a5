/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "options.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "common/nic.h"
#include "common/say.h"
#include "server.h"

#define AT(field) offsetof(struct options, field)

/* clang-format off */
static const struct option_row rows[] = {
	ROW_ADDR(struct options, net.local),
	{ .name = "root", .value = "DIR", .read = option_text, .at = AT(root),
	  .help = "directory to serve; nothing outside it is ever served" },
	{ .name = "upload", .value = "DIR", .read = option_text, .at = AT(upload),
	  .help = "take files that clients send (PUT) and put them there, in the\n"
		  "place of those of the same name; from everybody who connects" },
	{ .name = "upload-max", .value = "BYTES", .read = option_u64, .at = AT(upload_max), .min = 1, .max = ULONG_MAX,
	  .help = "of one such file; default 4294967296" },
	ROW_PORT(struct options, "443"),
	ROW_GATEWAY(struct options),
	ROW_MTU(struct options),
	ROW_CERT(struct options, "; default: a self-signed one"),
	ROW_KEY(struct options),
	{ .name = "cert-out", .value = "FILE", .read = option_text, .at = AT(cert_out),
	  .help = "write the certificate there, for clients to trust" },
	{ .name = "conns", .value = "N", .read = option_u32, .at = AT(conns), .min = 1, .max = 1000000,
	  .help = "connections at once; default 2048. When there are more, the\n"
		  "oldest that has not finished its handshake makes room" },
	{ .name = "per-remote", .value = "N", .read = option_u32, .at = AT(per_remote), .min = 1, .max = 1000000,
	  .help = "of these, from one address; default: no limit" },
	{ .name = "idle-s", .value = "N", .read = option_u32, .at = AT(idle_s), .min = 1, .max = 86400,
	  .help = "how long a connection may wait for a request; default 60" },
	{ .name = "key-update", .value = "BYTES", .read = option_u32, .at = AT(key_update), .min = 1, .max = UINT32_MAX,
	  .help = "new keys for both directions after so many bytes; TLS 1.3" },
	{ .name = "time-wait-ms", .value = "N", .read = option_u32, .at = AT(time_wait_ms), .min = 1, .max = 600000,
	  .help = "how long closed connections are remembered; default 60000" },
	{ .name = "cache-files", .value = "N", .read = option_u32, .at = AT(cache_files), .min = 0, .max = 65536,
	  .help = "files that stay open when they were asked for; default 512. A\n"
		  "change is seen within a second. 0: each is opened for each request" },
	{ .name = "cache", .value = "BYTES", .read = option_u32, .at = AT(cache_bytes), .min = 0, .max = UINT32_MAX,
	  .help = "of these, in memory; default 67108864. 0: none" },
	ROW_MODE(struct options),
	ROW_CRYPTO(struct options, net.crypto),
	ROW_TLSNIC(struct options),
	{ .name = "tlsnic-contexts", .value = "N", .read = option_u32, .at = AT(net.tlsnic_contexts), .min = 1, .max = 65535,
	  .help = "room in its table, two for a connection; default 16384" },
	ROW_NIC_METHOD(struct options, net.nic, NULL),
	ROW_NIC_FAULT(struct options, net.nic, NULL),
	ROW_PATH(struct options),
	ROW_AUDIT(struct options, net.audit, NULL),
	ROW_WIPE(struct options),
	ROW_TRUST_CHECKSUMS(struct options),
	ROW_CAPTURE(struct options),
	ROW_JSON(struct options),
	{ .name = "busy", .read = option_flag, .at = AT(busy),
	  .help = "never sleep when idle" },
};
/* clang-format on */

const struct option_table options_table = {
	.usage = "recordtls-fileserver EAL-ARGUMENTS -- --addr IP/LEN --root DIR [OPTION]...\n"
		 "\n"
		 "Serves the regular files below a directory over HTTPS (TLS 1.2 and 1.3), each\n"
		 "as a whole: there are no byte ranges. SIGINT and SIGTERM end it.\n",
	.rows = rows,
	.nb_rows = RTE_DIM(rows),
	.more = "What it does can be watched while it runs: dpdk-telemetry.py, with -f PREFIX where\n"
		"--file-prefix=PREFIX is among the EAL arguments, and there /recordtls/stack/stats,0,\n"
		"/recordtls/sock/list,0 and /fileserver/stats; / lists all.\n"
		"With SSLKEYLOGFILE in the environment the secrets of all connections are appended to\n"
		"that file, so that a capture can be decrypted.\n"
		"Example of EAL arguments: -l 0 --no-pci --vdev=net_tap0,iface=tls0",
};

static bool
is_complete(const struct options *o)
{
	if (o->net.local.addr.family == 0)
		say("--addr is missing; try --help");
	else if (o->root == NULL)
		say("--root is missing; try --help");
	else if ((o->cert == NULL) != (o->key == NULL))
		say("--cert and --key go together");
	else if (o->upload == NULL && o->upload_max != UINT64_C(1) << 32)
		say("--upload-max goes with --upload");
	else
		return nic_options_fit(&o->net);
	return false;
}

enum options_verdict
options_read(struct options *o, int argc, char **argv)
{
	enum options_verdict verdict;
	char **operands;
	int nb;

	*o = (struct options){
		.net = { .mode = OPTIONS_NET_AUTO, .crypto = "auto" },
		.port = 443,
		.conns = 2048,
		.idle_s = 60,
		.upload_max = UINT64_C(1) << 32,
		.cache_files = SERVER_CACHE_FILES,
		.cache_bytes = SERVER_CACHE_BYTES,
	};
	verdict = options_parse(&options_table, argc, argv, o, &operands, &nb);
	if (verdict != OPTIONS_RUN)
		return verdict;
	if (nb != 0) {
		say("'%s' is one argument too many; try --help", operands[0]);
		return OPTIONS_WRONG;
	}
	return is_complete(o) ? OPTIONS_RUN : OPTIONS_WRONG;
}
