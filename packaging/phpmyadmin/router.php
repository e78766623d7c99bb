<?php
/* PHP's own server hands out whatever lies in the folder. Here that is only what phpMyAdmin's pages
   ask for; the path is looked at as that server will read it: decoded once. One that is not written
   plainly, with // or .. in it, is nobody's page. */
$path = rawurldecode(explode('?', $_SERVER['REQUEST_URI'], 2)[0]);
$isPlain = preg_match('#^/[A-Za-z0-9_.+@/-]*$#D', $path) && !preg_match('#/(\.{0,2})/|/\.{1,2}$#D', $path);
$isPage = preg_match('#^/((index|url|show_config_errors|js/messages)\.php|favicon\.ico|robots\.txt)?$#D', $path);
$isFile = preg_match('#^/(js|themes|doc/html)/.+\.(css|gif|html|ico|inv|jpg|js|json|map|mjs|png|svg|txt|woff2?)$#D', $path);
if (!$isPlain || !($isPage || $isFile)) {
    http_response_code(403);
    exit('Forbidden');
}
return false;
