globalThis.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  // The validator badge would send the description to another server.
  validatorUrl: null,
});
