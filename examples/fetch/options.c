/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "options.h"

#include <rte_common.h>

#include "common/nic.h"
#include "common/say.h"

#define AT(field) offsetof(struct options, field)

/* clang-format off */
static const struct option_row rows[] = {
	ROW_ADDR(struct options, net.local),
	ROW_GATEWAY(struct options),
	ROW_MTU(struct options),
	{ .name = "resolve", .value = "HOST:PORT:ADDR", .read = option_text, .at = AT(resolve),
	  .help = "where the URL's host is, if it is a name: nobody\n"
		  "is asked for it here" },
	{ .name = "output", .value = "FILE", .read = option_text, .at = AT(output),
	  .help = "write the file there once it is whole, and to FILE.part until\n"
		  "then; default: to standard output" },
	{ .name = "continue", .read = option_flag, .at = AT(go_on),
	  .help = "go on with FILE.part, if the server still has the same file" },
	{ .name = "upload", .value = "FILE", .read = option_text, .at = AT(upload),
	  .help = "send this file to the URL (PUT)" },
	{ .name = "ca", .value = "FILE", .read = option_text, .at = AT(ca),
	  .help = "authorities to trust, PEM; default: those that OpenSSL trusts here" },
	ROW_CERT(struct options, ", to show to a server that asks for one"),
	ROW_KEY(struct options),
	{ .name = "session", .value = "FILE", .read = option_text, .at = AT(session),
	  .help = "resume the session in this file, and keep the next one there.\n"
		  "Whoever has the file can read what is sent" },
	{ .name = "suites", .value = "LIST", .read = option_text, .at = AT(suites),
	  .help = "OpenSSL's names, with colons in between, of TLS 1.3 or of TLS 1.2:\n"
		  "no other version is spoken then" },
	{ .name = "groups", .value = "LIST", .read = option_text, .at = AT(groups),
	  .help = "for the key exchange, in the same way" },
	{ .name = "key-update", .value = "BYTES", .read = option_u32, .at = AT(key_update), .min = 1, .max = UINT32_MAX,
	  .help = "new keys for both directions after so many bytes; TLS 1.3" },
	{ .name = "timeout", .value = "N", .read = option_u32, .at = AT(timeout_s), .min = 1, .max = 86400,
	  .help = "seconds without a byte until it gives up; default 60" },
	ROW_MODE(struct options),
	ROW_CRYPTO(struct options, net.crypto),
	ROW_TLSNIC(struct options),
	ROW_NIC_METHOD(struct options, net.nic, NULL),
	ROW_NIC_FAULT(struct options, net.nic, NULL),
	ROW_PATH(struct options),
	ROW_AUDIT(struct options, net.audit, NULL),
	ROW_WIPE(struct options),
	ROW_TRUST_CHECKSUMS(struct options),
	ROW_CAPTURE(struct options),
	{ .name = "progress", .read = option_flag, .at = AT(progress),
	  .help = "show how far it is, also where standard error is no terminal" },
	{ .name = "verbose", .read = option_flag, .at = AT(verbose),
	  .help = "say what is done, who makes the records, and of the connection\n"
		  "what `ss -ti` would show" },
	ROW_JSON(struct options),
};
/* clang-format on */

const struct option_table options_table = {
	.usage =
		"recordtls-fetch EAL-ARGUMENTS -- --addr IP/LEN [OPTION]... URL\n"
		"\n"
		"Fetches a file over HTTPS, or sends one. The server's certificate is always verified.\n",
	.rows = rows,
	.nb_rows = RTE_DIM(rows),
	.more = "Exit codes: 0 all is there; 1 something on this machine; 2 the command line; 3 no\n"
		"connection; 4 TLS failed; 5 the server is not who the URL names; 6 the server answers,\n"
		"and not with success: redirects, too, are not followed; 7 the answer was cut short.\n"
		"With SSLKEYLOGFILE in the environment the secrets of the connection are appended to\n"
		"that file, so that a capture can be decrypted.\n"
		"Example: -l 0 --no-pci --vdev=net_tap0,iface=tls0 -- --addr 10.77.0.1/24\n"
		"	--output file https://10.77.0.2/file",
};

static bool
take_url(struct options *o, const char *text)
{
	const char *wrong = url_parse(text, &o->url);

	if (wrong != NULL) {
		say("this URL cannot be fetched: %s: '%s'", wrong, text);
		return false;
	}
	if (o->resolve == NULL && o->url.is_name) {
		say("nobody is asked here where %s is; say it with --resolve %s:%u:ADDR",
		    o->url.host, o->url.host, o->url.port);
		return false;
	}
	wrong = o->resolve != NULL ? url_resolve(&o->url, o->resolve) : NULL;
	if (wrong != NULL)
		say("--resolve %s, not '%s'", wrong, o->resolve);
	return wrong == NULL;
}

static bool
is_complete(const struct options *o)
{
	if (o->net.local.addr.family == 0)
		say("--addr is missing; try --help");
	else if ((o->cert == NULL) != (o->key == NULL))
		say("--cert and --key go together");
	else if (o->go_on && (o->output == NULL || o->upload != NULL))
		say("--continue goes with --output, and not with --upload");
	else if (o->json && o->output == NULL && o->upload == NULL)
		say("--json goes with --output or --upload, as standard output is for the file");
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
		.timeout_s = 60,
	};
	verdict = options_parse(&options_table, argc, argv, o, &operands, &nb);
	if (verdict != OPTIONS_RUN)
		return verdict;
	if (nb == 0)
		say("the URL is missing; try --help");
	else if (nb > 1)
		say("'%s' is one argument too many; try --help", operands[1]);
	else if (is_complete(o) && take_url(o, operands[0]))
		return OPTIONS_RUN;
	return OPTIONS_WRONG;
}
