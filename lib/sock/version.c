/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <recordtls/version.h>

const char *
rtls_version(void)
{
	return RTLS_VERSION;
}
