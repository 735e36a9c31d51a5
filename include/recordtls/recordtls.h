/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * librecordtls: the TLS record layer for DPDK programs.
 *
 * Reading order: a port carries packets, a stack owns one lcore's connections,
 * a socket is one of them, bytes move in and out, files are sent, TLS keys are
 * installed, a direction without them is guarded, counters are read, values have
 * names. offload.h is for authors of NIC drivers, tlsnic.h a NIC in software, netem.h
 * a bad network.
 *
 * Conventions of every function: 0 or a negative errno, or a count; nothing
 * blocks; a function is called on the lcore of its stack unless its comment
 * says [control]. "takes" means the callee owns the argument afterwards,
 * "borrows" that it looks at it during the call only. A handle is valid until
 * the call that takes it returns; of sockets sock.h says what follows then. NULL is an error,
 * but where a comment allows it. Configuration structs start with their size,
 * so that later versions can append fields; a field that is 0 has its default.
 * So do structs that a call fills: the caller sets size, the call writes that much of what
 * it knows, and not a byte more; -EINVAL without a size.
 */
#ifndef RECORDTLS_H
#define RECORDTLS_H

#include <recordtls/version.h>
#include <recordtls/addr.h>
#include <recordtls/port.h>
#include <recordtls/capture.h>
#include <recordtls/stack.h>
#include <recordtls/sock.h>
#include <recordtls/io.h>
#include <recordtls/file.h>
#include <recordtls/tls.h>
#include <recordtls/guard.h>
#include <recordtls/stats.h>
#include <recordtls/names.h>
#include <recordtls/offload.h>
#include <recordtls/tlsnic.h>
#include <recordtls/netem.h>

#endif
