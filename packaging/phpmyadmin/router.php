<?php
/* PHP's own server hands out whatever lies in the folder; these parts are nobody's pages. */
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (preg_match('#^/(libraries|templates|setup|vendor|sql|locale)(/|$)#', (string) $path)) {
    http_response_code(403);
    exit('Forbidden');
}
return false;
