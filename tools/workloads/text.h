/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What may be written. Kubernetes and Istio allow less (DNS names, label values, SPIFFE ids), and
 * nothing of it means anything to an ini file, so what passes cannot forge a line or a section.
 */
#ifndef MESHTAP_TEXT_H
#define MESHTAP_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#define TEXT_MAX       253
#define TEXT_NAME_RULE "at most 253 letters, digits and -._:/@|"

bool text_is_name(const char *text); /* not empty */
bool text_is_host(const char *text); /* a name of DNS; upper case passes */

/* At most 100 bytes of it; what is not printable ASCII as '?'. */
void text_print_safely(const char *text, FILE *out);

#endif
