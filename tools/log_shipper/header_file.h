/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_LOG_SHIPPER_HEADER_FILE_H
#define MESHTAP_LOG_SHIPPER_HEADER_FILE_H

#include <curl/curl.h>

/*
 * Appends the headers that a file has, a "Name: value" a line; blank lines and lines that begin
 * with # are none. Returns 0, -errno, -EINVAL; *line then is the line that is wrong, or 0; or
 * -ENODATA: there is no header, as when the file is being written.
 */
int header_file_read(const char *path, struct curl_slist **headers, unsigned int *line);

#endif
