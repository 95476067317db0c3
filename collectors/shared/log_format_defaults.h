/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Istio's default formats (telemetry specification 2.1 and 2.2). */
#ifndef MESHTAP_LOG_FORMAT_DEFAULTS_H
#define MESHTAP_LOG_FORMAT_DEFAULTS_H

/* Istio's, without the newline */
#define LOG_FORMAT_TEXT_DEFAULT                                                                            \
	"[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% " \
	"%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "                       \
	"\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "                \
	"%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "          \
	"\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% "        \
	"%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "                 \
	"%REQUESTED_SERVER_NAME% %ROUTE_NAME%"

/* Istio's, sorted as Envoy writes them */
#define LOG_FORMAT_JSON_DEFAULT                                                                    \
	"authority: %REQ(:AUTHORITY)%\n"                                                           \
	"bytes_received: %BYTES_RECEIVED%\n"                                                       \
	"bytes_sent: %BYTES_SENT%\n"                                                               \
	"connection_termination_details: %CONNECTION_TERMINATION_DETAILS%\n"                       \
	"downstream_local_address: %DOWNSTREAM_LOCAL_ADDRESS%\n"                                   \
	"downstream_remote_address: %DOWNSTREAM_REMOTE_ADDRESS%\n"                                 \
	"duration: %DURATION%\n"                                                                   \
	"method: %REQ(:METHOD)%\n"                                                                 \
	"path: %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%\n"                                               \
	"protocol: %PROTOCOL%\n"                                                                   \
	"request_id: %REQ(X-REQUEST-ID)%\n"                                                        \
	"requested_server_name: %REQUESTED_SERVER_NAME%\n"                                         \
	"response_code: %RESPONSE_CODE%\n"                                                         \
	"response_code_details: %RESPONSE_CODE_DETAILS%\n"                                         \
	"response_flags: %RESPONSE_FLAGS%\n"                                                       \
	"route_name: %ROUTE_NAME%\n"                                                               \
	"start_time: %START_TIME%\n"                                                               \
	"upstream_cluster: %UPSTREAM_CLUSTER_RAW%\n"                                               \
	"upstream_host: %UPSTREAM_HOST%\n"                                                         \
	"upstream_local_address: %UPSTREAM_LOCAL_ADDRESS%\n"                                       \
	"upstream_service_time: %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%\n"                           \
	"upstream_transport_failure_reason: %UPSTREAM_TRANSPORT_FAILURE_REASON%\n"                 \
	"user_agent: %REQ(USER-AGENT)%\n"                                                          \
	"x_forwarded_for: %REQ(X-FORWARDED-FOR)%"

#endif
