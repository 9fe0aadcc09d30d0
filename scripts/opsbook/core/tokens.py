"""The shapes of tokens that vendors hand out: facts from their documentation, one line each.

A row holds what it is, words of which it has one (in lower case), and the shape. The shape begins with such a word; it
has a `~` where it stands further inside. Every repetition is bounded, or ends at a character that it cannot hold, so
that no text takes longer than it deserves.

Checksums, which some vendors put at the end, decide nothing here: of a token with one letter mistyped whoever reads it
finds the right one in a few thousand attempts, and the checksum tells them which it is.
"""

from __future__ import annotations

from typing import Final

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

_TABLE: Final = rf"""
1Password secret key      | a3-                   | \bA3-[A-Z0-9]{{6}}-(?:[A-Z0-9]{{11}}|[A-Z0-9]{{6}}-[A-Z0-9]{{5}})(?:-[A-Z0-9]{{5}}){{3}}\b
1Password service token   | ops_eyj               | \bops_eyJ[A-Za-z0-9+/=_-]{{100,4000}}
Adafruit key              | aio_                  | \baio_[A-Za-z0-9]{{28}}\b
Adobe secret              | p8e-                  | \bp8e-[a-z0-9]{{32}}\b
age key                   | age-secret-key-       | \bAGE-SECRET-KEY-1[0-9A-Z]{{58}}\b
Airtable token            | pat                   | \bpat[A-Za-z0-9]{{14}}\.[0-9a-f]{{64}}\b
Aiven token               | aivenv1,avns_         | \b(?:aivenv1[A-Za-z0-9+/=_-]{{40,400}}|AVNS_[A-Za-z0-9_-]{{16,40}})
Alibaba Cloud key         | ltai                  | \bLTAI[A-Za-z0-9]{{12,24}}\b
Amazon MWS token          | amzn.mws.             | \bamzn\.mws\.{_UUID}
Anthropic key             | sk-ant-               | \bsk-ant-[a-z0-9]{{2,12}}-[A-Za-z0-9_-]{{20,200}}
Artifactory key           | akcp                  | \bAKCp[A-Za-z0-9]{{60,80}}\b
Artifactory token         | cmvmd                 | \bcmVmd[A-Za-z0-9]{{59}}\b
Asana token               | 1/,2/                 | \b[12]/[0-9]{{12,20}}(?:/[0-9]{{12,20}})?:[0-9a-f]{{32}}\b
Atlassian token           | atatt3,atctt3,atbb    | \b(?:AT[AC]TT3[A-Za-z0-9_=-]{{20,400}}|ATBB[A-Za-z0-9]{{24,64}})
Authress key              | ~.acc                 | \b(?:sc|ext|scauth|authress)_[a-z0-9]{{5,30}}\.[a-z0-9]{{4,6}}\.acc[_-][a-z0-9-]{{10,32}}\.[A-Za-z0-9+/_=-]{{30,120}}
AWS access key            | akia,asia,abia,acca   | \b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{{16}}\b
AWS Bedrock key           | absk,bedrock-api-key- | \b(?:ABSK[A-Za-z0-9+/]{{100,300}}={{0,2}}|bedrock-api-key-[A-Za-z0-9+/=_%-]{{28,3000}})
Azure AD secret           | ~q~                   | (?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.]{{3}}[0-9]Q~[A-Za-z0-9_~.-]{{31,34}}
Azure DevOps token        | ~azdo                 | \b[A-Za-z0-9]{{76}}AZDO[A-Za-z0-9]{{4}}\b
Azure identified key      | ~jqqj99               | \b[A-Za-z0-9]{{52}}JQQJ99[A-Za-z0-9]{{26}}\b
Azure key                 | accountkey,sharedaccesskey  | (?i:\b(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{{40,}}+={{0,2}})
Azure shared signature    | sig=                  | (?<=[?&;])sig=[A-Za-z0-9%+/_-]{{40,120}}={{0,2}}
Braintree token           | access_token$         | \baccess_token\$(?:production|sandbox)\$[a-z0-9]{{16}}\$[0-9a-f]{{32}}\b
Brevo key                 | xkeysib-,xsmtpsib-    | \bx(?:key|smtp)sib-[0-9a-f]{{64}}-[A-Za-z0-9]{{16}}\b
Buildkite token           | bkua_,bkct_,bkaa_     | \bbk(?:ua|ct|aa)_[A-Za-z0-9]{{30,60}}\b
Bundler credential        | bundle_               | (?i:\bBUNDLE_(?:ENTERPRISE|GEMS)__CONTRIBSYS__COM[\"']?[ \t]{{0,9}}[:=][ \t]{{0,9}}[\"']?)[0-9a-f]{{8}}:[0-9a-f]{{8}}\b
CircleCI token            | ccipat_,ccipprj_      | \bCCIP(?:AT|PRJ)_[A-Za-z0-9]{{10,40}}_[0-9a-f]{{40}}\b
ClickHouse key            | 4b1d                  | \b4b1d[A-Za-z0-9]{{38}}\b
Clojars token             | clojars_              | \bCLOJARS_[a-z0-9]{{60}}\b
Cloudflare origin key     | v1.0-                 | \bv1\.0-[0-9a-f]{{24}}-[0-9a-f]{{100,160}}\b
Cloudflare token          | cfut_,cfat_,cfk_      | \bcf(?:[ua]t|k)_[A-Za-z0-9_-]{{40,80}}
CockroachDB key           | ccdb1_                | \bCCDB1_[A-Za-z0-9]{{22}}_[A-Za-z0-9]{{40}}\b
Contentful token          | cfpat-                | \bCFPAT-[A-Za-z0-9_-]{{43}}
crates.io token           | cio                   | \bcio[A-Za-z0-9]{{32}}\b
Databricks token          | dapi                  | \bdapi[0-9a-fA-F]{{32}}(?:-[0-9])?\b
dbt token                 | dbtc_,dbtu_           | \bdbt[cu]_[A-Za-z0-9_=-]{{38,60}}
Defined Networking key    | dnkey-                | \bdnkey-[a-z0-9=_-]{{26}}-[a-z0-9=_-]{{52}}
Deno Deploy token         | ddp_,ddo_,ddw_        | \bdd[pow]_[A-Za-z0-9]{{36}}\b
DigitalOcean token        | dop_v1_,doo_v1_,dor_v1_ | \bdo[opr]_v1_[0-9a-f]{{64}}\b
Discord token             | ~.                    | \b[MNO][A-Za-z0-9_-]{{23,25}}\.[A-Za-z0-9_-]{{6}}\.[A-Za-z0-9_-]{{27,38}}
Discord webhook           | ~/api/webhooks/       | (?i:https://[a-z.]{{0,20}}discord(?:app)?\.com/api/webhooks/[0-9]{{5,30}}/[A-Za-z0-9_-]{{20,100}})
Docker token              | dckr_                 | \bdckr_[po]at_[A-Za-z0-9_-]{{20,64}}
Doppler token             | dp.                   | \bdp\.(?:pt|st|sa|ct|scim|audit)\.(?:[a-z0-9_-]{{2,40}}\.)?[A-Za-z0-9]{{40,44}}\b
Dropbox token             | sl.                   | \bsl\.(?:u\.)?[A-Za-z0-9_-]{{100,1200}}
Duffel token              | duffel_               | \bduffel_(?:test|live)_[A-Za-z0-9_=-]{{43}}
Dynatrace token           | dt0                   | \bdt0[a-z][0-9]{{2}}\.[A-Z0-9]{{24}}\.[A-Z0-9]{{64}}\b
EasyPost key              | ezak,eztk             | \bEZ[AT]K[A-Za-z0-9]{{54}}\b
ElevenLabs key            | sk_                   | \bsk_[0-9a-f]{{48}}\b
Facebook app token        | ~|,~%7c                 | \b[0-9]{{15,16}}(?:\||%7C)[A-Za-z0-9_-]{{27,40}}(?![A-Za-z0-9_-])
Facebook token            | eaa                   | \bEAA[A-Z][A-Za-z0-9]{{80,300}}\b
Figma token               | figd_,figu_           | \bfig[du]_[A-Za-z0-9_-]{{38,64}}
Fireworks key             | fw_                   | \bfw_[A-Za-z0-9]{{22,40}}\b
Flutterwave key           | flwseck               | \bFLWSECK(?:_TEST)?-[0-9a-zA-Z]{{12,40}}
Fly.io token              | fm1_,fm1a_,fm1r_,fm2_,fo1_ | \b(?:fm[12][ar]?_[A-Za-z0-9+/=_-]{{60,2000}}|fo1_[A-Za-z0-9_-]{{43}})
Frame.io token            | fio-u-                | \bfio-u-[A-Za-z0-9_=-]{{64}}
GitHub token              | ghp_,gho_,ghu_,ghs_,ghr_,github_pat_ | \b(?:gh[pousr]_[A-Za-z0-9]{{36,255}}|ghs_[0-9]{{1,12}}_eyJ[A-Za-z0-9_.-]{{20,2000}}|github_pat_[A-Za-z0-9_]{{40,255}})\b
GitLab session            | _gitlab_session=      | \b_gitlab_session=[0-9a-z]{{32}}\b
GitLab token              | glpat-,gldt-,glrt-,glcbt-,glptt-,glft-,glimt-,glagent-,gloas-,glsoat-,glffct-,glwt-,gr1348941 | \b(?:gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[A-Za-z0-9_.-]{{20,300}}|GR1348941[A-Za-z0-9_-]{{20,60}})
Google API key            | aiza                  | \bAIza[0-9A-Za-z_-]{{35}}(?![0-9A-Za-z_-])
Google client secret      | gocspx-               | \bGOCSPX-[A-Za-z0-9_-]{{20,64}}
Google OAuth token        | ya29.,1//0            | (?<![A-Za-z0-9])(?:ya29\.[A-Za-z0-9_-]{{20,400}}|1//0[A-Za-z0-9_-]{{30,200}})
Grafana token             | glsa_,glc_,eyjrijoi   | \b(?:glsa_[A-Za-z0-9]{{32}}_[0-9a-fA-F]{{8}}|glc_[A-Za-z0-9+/]{{32,400}}={{0,2}}|eyJrIjoi[A-Za-z0-9]{{60,400}}={{0,2}})
Groq key                  | gsk_                  | \bgsk_[A-Za-z0-9]{{40,64}}\b
Harness token             | pat.,sat.             | \b[ps]at\.[A-Za-z0-9_-]{{22}}\.[A-Za-z0-9]{{24}}\.[A-Za-z0-9]{{20}}\b
Heroku key                | hrku-                 | \bHRKU-[A-Za-z0-9_-]{{36,80}}
HubSpot token             | pat-                  | \bpat-(?:na|eu|ap)[0-9]-{_UUID}
Hugging Face token        | hf_,api_org_          | \b(?:hf|api_org)_[A-Za-z0-9]{{30,60}}\b
Infracost key             | ico-                  | \bico-[A-Za-z0-9]{{32}}\b
Intra 42 secret           | s-s4t2                | \bs-s4t2(?:ud|af)-[0-9a-f]{{64}}\b
JSON web token            | eyj                   | (?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{{8,}}+\.(?:eyJ[A-Za-z0-9_-]{{8,}}+\.[A-Za-z0-9_-]*+|[A-Za-z0-9_-]*+\.[A-Za-z0-9_-]{{8,}}+\.[A-Za-z0-9_-]{{8,}}+\.[A-Za-z0-9_-]{{8,}}+)
Langfuse key              | sk-lf-                | \bsk-lf-{_UUID}
LangSmith key             | lsv2_                 | \blsv2_(?:pt|sk)_[0-9a-f]{{32}}_[0-9a-f]{{10}}\b
LaunchDarkly key          | sdk-,mob-,api-        | \b(?:sdk|mob|api)-{_UUID}
Linear key                | lin_                  | \blin_(?:api|oauth)_[A-Za-z0-9]{{40,80}}\b
Lob key                   | live_,test_           | \b(?:live|test)_[0-9a-f]{{35}}\b
Mailchimp key             | ~-us                  | \b[0-9a-f]{{32}}-us[0-9]{{1,2}}\b
Mailgun key               | key-,pubkey-                  | \b(?:pub)?key-[0-9a-f]{{32}}\b
Mapbox token              | sk.eyj                | \bsk\.eyJ[A-Za-z0-9_-]{{20,200}}\.[A-Za-z0-9_-]{{16,40}}
MaxMind key               | ~_mmk                 | \b[A-Za-z0-9]{{6}}_[A-Za-z0-9]{{29}}_mmk\b
MongoDB Atlas secret      | mdb_sa_sk_            | \bmdb_sa_sk_[A-Za-z0-9_-]{{40}}
Neon key                  | napi_                 | \bnapi_[a-z0-9]{{50,80}}\b
Netlify token             | nfp_,nfo_,nfc_        | \bnf[poc]_[A-Za-z0-9]{{36,64}}\b
New Relic key             | nrak-,nrii-,nrjs-,nrra- | \b(?:NRAK-[A-Z0-9]{{27}}|NRII-[A-Za-z0-9_-]{{32}}|NRJS-[a-f0-9]{{19}}|NRRA-[a-f0-9]{{42}})
Notion token              | secret_,ntn_          | \b(?:secret_[A-Za-z0-9]{{43}}|ntn_[A-Za-z0-9]{{40,60}})\b
npm token                 | npm_                  | \bnpm_[A-Za-z0-9]{{36}}\b
NuGet key                 | oy2                   | \boy2[a-z0-9]{{43}}\b
NVIDIA key                | nvapi-                | \bnvapi-[A-Za-z0-9_-]{{60,80}}
Octopus key               | api-                  | \bAPI-[A-Z0-9]{{25,32}}\b
Okta token                | ssws                  | (?i:\bSSWS)[ ]{{1,9}}[A-Za-z0-9_-]{{40,44}}
OpenAI key                | sk-                   | \bsk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{{20,300}}|[A-Za-z0-9]{{32,64}}\b)
OpenRouter key            | sk-or-                | \bsk-or-v1-[0-9a-f]{{64}}\b
OpenShift token           | sha256~               | \bsha256~[A-Za-z0-9_-]{{43}}
Perplexity key            | pplx-                 | \bpplx-[A-Za-z0-9]{{40,60}}\b
Pinecone key              | pcsk_                 | \bpcsk_[A-Za-z0-9_]{{60,80}}\b
Plaid token               | access-               | \baccess-(?:sandbox|development|production)-{_UUID}
PlanetScale token         | pscale_               | \bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{{32,64}}
PostHog key               | phx_,phs_             | \bph[xs]_[A-Za-z0-9]{{40,60}}\b
Postman key               | pmak-                 | \bPMAK-[0-9a-f]{{24}}-[0-9a-f]{{34}}\b
Prefect key               | pnu_,pnb_             | \bpn[ub]_[A-Za-z0-9]{{36}}\b
Pulumi token              | pul-                  | \bpul-[0-9a-f]{{40}}\b
PyPI token                | pypi-                 | \bpypi-[A-Za-z0-9_-]{{50,300}}
ReadMe key                | rdme_                 | \brdme_[a-z0-9]{{70}}\b
Render key                | rnd_                  | \brnd_[A-Za-z0-9]{{28,40}}\b
Replicate token           | r8_                   | \br8_[A-Za-z0-9]{{37}}\b
Resend key                | re_                   | \bre_[A-Za-z0-9]{{8}}_[A-Za-z0-9]{{24}}\b
RubyGems key              | rubygems_             | \brubygems_[0-9a-f]{{48}}\b
Scalingo token            | tk-us-                | \btk-us-[A-Za-z0-9_-]{{48}}
SendGrid key              | sg.                   | \bSG\.[A-Za-z0-9_-]{{16,32}}\.[A-Za-z0-9_-]{{16,64}}
Sentry token              | sntrys_,sntryu_       | \bsntry(?:s_[A-Za-z0-9+/=_]{{40,400}}|u_[0-9a-f]{{64}})
SettleMint token          | sm_aat_,sm_pat_,sm_sat_ | \bsm_[aps]at_[A-Za-z0-9]{{16}}\b
Shippo token              | shippo_               | \bshippo_(?:live|test)_[0-9a-fA-F]{{40}}\b
Shopify token             | shpat_,shpca_,shppa_,shpss_,shptka_ | \bshp(?:at|ca|pa|ss|tka)_[A-Za-z0-9]{{32,64}}\b
Slack token               | xox,xapp-,xwfp-       | \bxox[abeoprsc](?:\.xox[bp])?-[A-Za-z0-9-]{{10,}}+|\bxoxd-[A-Za-z0-9%+/=-]{{10,}}+|\bx(?:app|wfp)-[0-9]-[A-Za-z0-9-]{{10,}}+
Slack webhook             | https://hooks.slack.com | (?i:https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{{10,}}+)
Snyk token                | snyk_uat,snyk_sat     | \bsnyk_[us]at\.[0-9a-f]{{8}}\.[A-Za-z0-9_.-]{{20,400}}
Sonar token               | sqp_,squ_,sqa_        | \bsq[pua]_[A-Za-z0-9]{{40}}\b
Sourcegraph token         | sgp_                  | \bsgp_(?:(?:[0-9a-f]{{16}}|local)_)?[0-9a-fA-F]{{40}}\b
Square token              | sq0,eaaa              | \b(?:sq0[a-z]{{3}}-[A-Za-z0-9_-]{{22,43}}|EAAA[A-Za-z0-9_-]{{60}})
Stripe key                | sk_live_,rk_live_,sk_test_,rk_test_,sk_prod_,rk_prod_  | \b[rs]k_(?:live|test|prod)_[0-9A-Za-z]{{10,120}}\b
Stripe webhook secret     | whsec_                | \bwhsec_[A-Za-z0-9+/]{{24,80}}={{0,2}}
Supabase token            | sbp_,sb_secret_       | \b(?:sbp_[0-9a-f]{{40}}|sb_secret_[A-Za-z0-9_-]{{20,60}})
Tailscale key             | tskey-                | (?<![A-Za-z0-9])tskey-[a-z]{{3,12}}-[A-Za-z0-9-]{{10,80}}
Tavily key                | tvly-                 | \btvly-(?:dev-|prod-)?[A-Za-z0-9]{{32}}\b
Teams webhook             | ~webhook.office       | (?i:https://[a-z0-9-]{{1,60}}\.webhook\.office\.com/webhookb2/[A-Za-z0-9@/_-]{{20,300}})
Telegram token            | ~:aa                  | \b[0-9]{{8,10}}:AA[A-Za-z0-9_-]{{32,34}}(?![A-Za-z0-9_-])
Tencent Cloud key         | akid                  | \bAKID[A-Za-z0-9]{{32}}\b
Terraform token           | ~.atlasv1.            | \b[A-Za-z0-9]{{14}}\.atlasv1\.[A-Za-z0-9_=-]{{60,80}}
Twilio key                | sk                    | \bSK[0-9a-fA-F]{{32}}\b
Twitter token             | aaaaaaaaaaaaaaaaaaaa  | (?<![A-Za-z0-9+/])A{{20,22}}[A-Za-z0-9%]{{70,100}}(?![A-Za-z0-9+/=])
Typeform token            | tfp_                  | \btfp_[A-Za-z0-9_.=-]{{40,64}}
Vault token               | hvs.,hvb.,hvr.,s.     | \b(?:hv[sbr]\.[A-Za-z0-9_-]{{20,300}}|s\.[A-Za-z0-9]{{24}}\b)
Vercel token              | vcp_,vci_,vca_,vcr_,vck_ | \bvc[piark]_[A-Za-z0-9]{{24,80}}\b
xAI key                   | xai-                  | \bxai-[A-Za-z0-9]{{60,100}}\b
Yandex IAM token          | t1.                   | \bt1\.[A-Za-z0-9_-]{{6,200}}={{0,2}}\.[A-Za-z0-9_-]{{86}}={{0,2}}
Yandex key                | aqvn                  | \bAQVN[A-Za-z0-9_-]{{35,38}}
Yandex static key         | yc                    | \bYC[A-Za-z0-9_-]{{38}}(?![A-Za-z0-9_-])
Zapier webhook            | https://hooks.zapier.com | (?i:https://hooks\.zapier\.com/hooks/catch/[0-9]{{3,12}}/[A-Za-z0-9]{{5,20}})
"""


_SPOKEN: Final = (*"AEIOaei", "npm", "xAI")
"""How names begin that are spoken with a vowel first."""


def _row(line: str) -> tuple[str, tuple[str, ...], str]:
    name, hints, shape = (part.strip() for part in line.split(" | ", 2))
    return f"{'an' if name.startswith(_SPOKEN) else 'a'} {name}", tuple(hints.split(",")), shape


SHAPES: Final = tuple(_row(line) for line in _TABLE.strip().splitlines())
"""What it is, the words that hint at it, and its shape as a regular expression."""
