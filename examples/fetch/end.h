/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* How a fetch ended: the program's exit code. But for the first, one sentence says why. */
#ifndef FETCH_END_H
#define FETCH_END_H

enum fetch_end {
	END_OK = 0,
	END_HERE = 1,        /* something on this machine: the port, memory, a file */
	END_USAGE = 2,       /* the command line */
	END_CONNECTION = 3,  /* no connection, or it was lost before an answer */
	END_TLS = 4,         /* TLS failed, here or at the server */
	END_CERTIFICATE = 5, /* the server is not who the URL names */
	END_REFUSED = 6,     /* the server answers, and not with success */
	END_CUT = 7,         /* the answer is not whole, or is no HTTP */
};

#endif
