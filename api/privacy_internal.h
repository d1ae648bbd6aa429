/*
 * privacy_internal.h - a person's page as HTML, made from the JSON answer.
 */
#ifndef API_PRIVACY_INTERNAL_H
#define API_PRIVACY_INTERNAL_H

struct api_call;
struct err;

/* Turns the reply's JSON (dossier_write()) into a page.  0, -1. */
int privacy_page(struct api_call *c, struct err *err);

#endif
